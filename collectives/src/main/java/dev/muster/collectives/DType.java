package dev.muster.collectives;

/** Element type of a buffer. */
public enum DType {
  FLOAT32(4),
  FLOAT64(8),
  BFLOAT16(2),
  FLOAT16(2),
  INT32(4),
  INT64(8),
  UINT8(1);

  private final int sizeBytes;

  DType(int sizeBytes) {
    this.sizeBytes = sizeBytes;
  }

  public int sizeBytes() {
    return sizeBytes;
  }
}
