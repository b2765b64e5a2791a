/**
 * A run whose world size changes while its workers are killed, and the proof that each sample was
 * used once per epoch in the order of the seed.
 */
package dev.muster.cli.elastic;
