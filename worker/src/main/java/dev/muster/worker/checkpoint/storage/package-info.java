/**
 * What a checkpoint is on disk: one safetensors file per shard and a manifest written last. Knows
 * no actors and no groups; who writes which shard, and when, is decided elsewhere.
 */
package dev.muster.worker.checkpoint.storage;
