package dev.muster.collectives.nccl;

/** NCCL or CUDA refused a call, or failed in one: what is in the buffers is undefined. */
public final class NcclException extends RuntimeException {
  NcclException(String message) {
    super(message);
  }
}
