package dev.muster.collectives.nccl;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;

/** Our names in NCCL's numbers, and its errors in words. */
final class Codes {
  private Codes() {}

  static int of(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> nccl.ncclFloat32;
      case FLOAT64 -> nccl.ncclFloat64;
      case BFLOAT16 -> nccl.ncclBfloat16;
      case FLOAT16 -> nccl.ncclFloat16;
      case INT32 -> nccl.ncclInt32;
      case INT64 -> nccl.ncclInt64;
      case UINT8 -> nccl.ncclUint8;
    };
  }

  static int of(ReduceOp op) {
    return switch (op) {
      case SUM -> nccl.ncclSum;
      case MEAN -> nccl.ncclAvg;
      case PRODUCT -> nccl.ncclProd;
      case MIN -> nccl.ncclMin;
      case MAX -> nccl.ncclMax;
    };
  }

  static boolean failed(int result) {
    return result != nccl.ncclSuccess && result != nccl.ncclInProgress;
  }

  static void check(int result, String call) {
    if (failed(result)) {
      throw new NcclException(call + " failed: " + words(result, null));
    }
  }

  static String words(int result, ncclComm comm) {
    var last = nccl.ncclGetLastError(comm);
    return "code=%d %s%s"
        .formatted(
            result,
            nccl.ncclGetErrorString(result).getString(),
            last == null || last.isNull() ? "" : " last=" + last.getString());
  }

  static void checkCuda(int result, String call) {
    if (result != cudart.cudaSuccess) {
      throw new NcclException(
          "%s failed: code=%d %s"
              .formatted(call, result, cudart.cudaGetErrorString(result).getString()));
    }
  }
}
