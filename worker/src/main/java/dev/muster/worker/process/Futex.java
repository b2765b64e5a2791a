package dev.muster.worker.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Waiting for a word of memory that other processes share (futex(2)). Any thread. Only the system
 * call: libc's locks, whose layout is its own, are not touched.
 */
final class Futex {
  private static final long WAIT = 0;

  /** Number of the system call, 0 where it is not known. */
  private static final long NUMBER =
      switch (System.getProperty("os.arch")) {
        case "amd64" -> 202;
        case "aarch64", "riscv64" -> 98;
        default -> 0;
      };

  /** Null where there is no futex. */
  private static final MethodHandle SYSCALL = link("Linux".equals(System.getProperty("os.name")));

  private Futex() {}

  private static MethodHandle link(boolean linux) {
    var linker = Linker.nativeLinker();
    return linux && NUMBER != 0
        ? linker
            .defaultLookup()
            .find("syscall")
            .map(f ->
                linker.downcallHandle(
                    f,
                    FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS),
                    Linker.Option.firstVariadicArg(1)))
            .orElse(null)
        : null;
  }

  static boolean supported() {
    return SYSCALL != null;
  }

  /** Makes the first wait a fast one. */
  static void warmUp() {
    if (supported()) {
      try (var arena = Arena.ofConfined()) {
        await(arena.allocate(JAVA_INT), 1); // holds 0, so it returns at once
      }
    }
  }

  /**
   * Returns when somebody woke the word, at once when it is not {@code expected}, and sometimes
   * without a reason.
   *
   * @param word 4 bytes, aligned; stays mapped meanwhile, the call keeps its arena open
   */
  static void await(MemorySegment word, int expected) {
    try {
      long ignored =
          (long) SYSCALL.invokeExact(NUMBER, word, WAIT, (long) expected, MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException("futex failed: expected=" + expected, e);
    }
  }
}
