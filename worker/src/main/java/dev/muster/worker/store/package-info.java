/**
 * The key-value store through which PyTorch processes of one generation find each other, c10d's
 * TCPStore. Docs: docs/store.md.
 */
package dev.muster.worker.store;
