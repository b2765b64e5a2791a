package dev.muster.collectives.nccl;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nccl;

/**
 * Whether NCCL can be used on this machine, and which of it: a call of a function that the
 * installed library lacks would kill the JVM, so each is asked for first. Any thread.
 */
public final class NcclLibrary {
  private static final List<String> NEEDED =
      List.of("libcuda.so.1", "libcudart.so.13", "libnccl.so.2");
  private static final int OLDEST = 21_800; // split, and calls that never block, for good

  /** Functions that came later than the oldest version we take. */
  enum Since {
    SHRINK("ncclCommShrink", "2.27");

    private final String function;
    private final String version;

    Since(String function, String version) {
      this.function = function;
      this.version = version;
    }
  }

  private NcclLibrary() {}

  /** Why NCCL cannot be used here, for a person; empty if it can. */
  public static Optional<String> missing() {
    var file = missingFile();
    return file.isPresent() ? file : unusable();
  }

  /** As {@link #missing}, but only whether the libraries are found: loads nothing of CUDA. */
  public static Optional<String> missingFile() {
    for (String library : NEEDED) {
      if (!loads(library)) {
        return Optional.of(
            "NCCL cannot be used: library="
                + library
                + " is not found; install the driver, the CUDA 13 runtime and NCCL 2, and put their"
                + " folders into LD_LIBRARY_PATH");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> unusable() {
    int version = version();
    return version >= OLDEST
        ? noGpu()
        : Optional.of(
            "NCCL is too old: version="
                + words(version)
                + "; install "
                + words(OLDEST)
                + " or newer");
  }

  private static Optional<String> noGpu() {
    try {
      return devices() > 0
          ? Optional.empty()
          : Optional.of("NCCL cannot be used: no GPU is visible; look at CUDA_VISIBLE_DEVICES");
    } catch (NcclException e) {
      return Optional.of(
          "NCCL cannot be used: no GPU: "
              + e.getMessage()
              + "; look at nvidia-smi and CUDA_VISIBLE_DEVICES");
    }
  }

  private static boolean loads(String library) {
    try (var arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(library, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static void require(Since what) {
    try (var arena = Arena.ofConfined()) {
      if (SymbolLookup.libraryLookup("libnccl.so.2", arena).find(what.function).isEmpty()) {
        throw new NcclException(
            "%s needs NCCL %s: version=%s; install a newer one, or build the group anew"
                .formatted(what.function, what.version, words(version())));
      }
    }
  }

  /** As NCCL counts: 22903 is 2.29.3. */
  public static int version() {
    int[] version = {0};
    Codes.check(nccl.ncclGetVersion(version), "ncclGetVersion");
    return version[0];
  }

  public static String words(int version) {
    return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
  }

  /** GPUs that this process sees. */
  public static int devices() {
    int[] count = {0};
    Codes.checkCuda(cudart.cudaGetDeviceCount(count), "cudaGetDeviceCount");
    return count[0];
  }
}
