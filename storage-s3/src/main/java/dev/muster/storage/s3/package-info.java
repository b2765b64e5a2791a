/**
 * Checkpoints in an S3-compatible object store. Found by its scheme, so nothing else needs to know
 * this package.
 */
package dev.muster.storage.s3;
