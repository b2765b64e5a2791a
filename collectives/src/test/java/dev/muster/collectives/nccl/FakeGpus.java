package dev.muster.collectives.nccl;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Builds {@code fake_gpus.c} in the folder that the tests' LD_LIBRARY_PATH names, where the build
 * of each module that uses it has copied it, under the names of the libraries it stands for, and
 * talks to it. Without a C compiler the tests are skipped.
 */
public final class FakeGpus {
  private static final Path FOLDER = Path.of("target", "fake-gpus").toAbsolutePath();
  private static final List<String> NAMES =
      List.of("libcuda.so.1", "libcudart.so.13", "libnccl.so.2");
  private static boolean built;

  private FakeGpus() {}

  /** Before any class of JavaCPP's CUDA is touched. */
  public static synchronized void build() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/gcc")), "skipped: no gcc to build the fake GPUs with");
    if (built) {
      return;
    }
    Files.createDirectories(FOLDER);
    var library = FOLDER.resolve("libfake_gpus.so");
    var gcc =
        new ProcessBuilder(
                "gcc",
                "-O1",
                "-shared",
                "-fPIC",
                "-o",
                library.toString(),
                FOLDER.resolve("fake_gpus.c").toString(),
                "-lpthread")
            .inheritIO()
            .start();
    if (!gcc.waitFor(60, TimeUnit.SECONDS) || gcc.exitValue() != 0) {
      throw new AssertionError("the fake GPUs do not build");
    }
    for (String name : NAMES) {
      Files.deleteIfExists(FOLDER.resolve(name));
      Files.createSymbolicLink(FOLDER.resolve(name), library.getFileName());
    }
    built = true;
  }

  private static int call(String function, int... arguments) {
    var layouts = java.util.Collections.nCopies(arguments.length, JAVA_INT);
    var descriptor =
        FunctionDescriptor.of(JAVA_INT, layouts.toArray(java.lang.foreign.MemoryLayout[]::new));
    var symbol = SymbolLookup.libraryLookup("libnccl.so.2", Arena.global()).findOrThrow(function);
    var boxed = java.util.Arrays.stream(arguments).boxed().toArray();
    try {
      return (int)
          Linker.nativeLinker().downcallHandle(symbol, descriptor).invokeWithArguments(boxed);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Calls that broke one of NCCL's rules so far. */
  public static int misuses() {
    return call("fakeMisuses");
  }

  public static int mostAbortsInAGroup() {
    return call("fakeMostAbortsInAGroup");
  }

  public static int liveCommunicators() {
    return call("fakeLiveComms");
  }

  public static int liveStreams() {
    return call("fakeLiveStreams");
  }

  public static void version(int version) {
    call("fakeVersion", version);
  }

  /** Communicators of this rank say this from now on; -1 for none. */
  public static void fail(int rank, int code) {
    call("fakeFail", rank, code);
  }
}
