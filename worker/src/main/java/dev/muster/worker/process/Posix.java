package dev.muster.worker.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** What Java lacks of libc. Any thread. */
final class Posix {
  static final int SIGKILL = 9;
  static final int SIGTERM = 15;

  private static final long NOBODY = Integer.MAX_VALUE; // above the greatest number of a process
  private static final int LAST = 19; // the lowest priority, setpriority(2)
  private static final int ONE = 0; // PRIO_PROCESS; Linux takes the number of a thread, too

  private static final MethodHandle KILL =
      function("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SET_PRIORITY =
      function("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

  private Posix() {}

  private static MethodHandle function(String name, FunctionDescriptor type) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  /** Links what is above, which takes 100 ms and more: not when the first worker hangs. */
  static void link() {
    call((int) ProcessHandle.current().pid(), 0); // signal 0 only asks
    lowerPriority(NOBODY);
    Futex.warmUp();
  }

  /**
   * @return whether there was anything to signal that we may signal
   */
  static boolean kill(long pid, int signal) {
    if (pid <= 1) {
      throw new IllegalArgumentException(
          "refusing to signal: pid=" + pid); // 0, -1 and init mean everybody
    }
    return call((int) pid, signal);
  }

  /** Signals every process of a group. */
  static boolean killGroup(long group, int signal) {
    if (group <= 1) {
      throw new IllegalArgumentException("refusing to signal: group=" + group);
    }
    return call((int) -group, signal);
  }

  private static boolean call(int pid, int signal) {
    try {
      return (int) KILL.invokeExact(pid, signal) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("kill failed: pid=" + pid + " signal=" + signal, e);
    }
  }

  /** A thread, by its number for the kernel, runs only where nobody else wants to. */
  static void lowerPriority(long thread) {
    try {
      int ignored = (int) SET_PRIORITY.invokeExact(ONE, (int) thread, LAST);
    } catch (Throwable e) {
      throw new IllegalStateException("setpriority failed: thread=" + thread, e);
    }
  }
}
