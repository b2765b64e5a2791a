package dev.muster.worker.checkpoint.storage;

import dev.muster.collectives.DType;

/**
 * Element type of a stored tensor, under its safetensors name. The order is the one in which the
 * Python library sorts tensors, last type first: wide elements come first and stay aligned.
 * Elements are little-endian, as on every host this runs on. Types narrower than a byte are not
 * supported.
 */
public enum ElementType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  F8_E4M3(1),
  F8_E8M0(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  C64(8),
  F64(8),
  I64(8),
  U64(8);

  private final int sizeBytes;

  ElementType(int sizeBytes) {
    this.sizeBytes = sizeBytes;
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  public static ElementType of(DType type) {
    return switch (type) {
      case FLOAT32 -> F32;
      case FLOAT64 -> F64;
      case BFLOAT16 -> BF16;
      case FLOAT16 -> F16;
      case INT32 -> I32;
      case INT64 -> I64;
      case UINT8 -> U8;
    };
  }
}
