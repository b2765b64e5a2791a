package dev.muster.worker.runtime;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Asks Linux to kill this process when the thread that started it ends (prctl PR_SET_PDEATHSIG): a
 * second line beside the end of the socket's stream, which works also while this JVM is stopped or
 * starved. The kernel keeps the wish per thread: call it on one that lives as long as the process.
 * Elsewhere it does nothing.
 */
final class ParentDeath {
  private static final int PR_SET_PDEATHSIG = 1;
  private static final long SIGKILL = 9;

  private ParentDeath() {}

  static void killMeToo() {
    try {
      var linker = Linker.nativeLinker();
      MemorySegment prctl = linker.defaultLookup().find("prctl").orElse(null);
      if (prctl != null) {
        ask(
            linker.downcallHandle(
                prctl,
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
                Linker.Option.firstVariadicArg(1)));
      }
    } catch (Throwable e) {
      System.err.println(
          "cannot ask for a signal at the agent's death, the socket alone must do: error=" + e);
    }
  }

  /** A parent that died before the call is noticed by the end of the socket's stream. */
  private static void ask(MethodHandle prctl) throws Throwable {
    int ignored = (int) prctl.invokeExact(PR_SET_PDEATHSIG, SIGKILL);
  }
}
