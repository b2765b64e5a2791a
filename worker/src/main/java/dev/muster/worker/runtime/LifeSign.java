package dev.muster.worker.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.muster.protocol.local.ControlPage;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;

/**
 * A lock in the control page that the step thread holds as long as it lives; the kernel lets go of
 * it when the thread dies, which tells the agent at once (pthread_mutexattr_setrobust(3), {@link
 * ControlPage}). Step thread only, which must be a platform thread. Without such locks, or with a
 * libc that arranges them in another way, there is no sign and the agent learns of a death later.
 */
final class LifeSign implements AutoCloseable {
  private static final int YES = 1; // PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_ROBUST
  private static final int ATTRIBUTES_BYTES = 64; // glibc: 4, musl: 4

  private final ControlPage page;
  private final Linker linker = Linker.nativeLinker();
  private final MemorySegment mutex;
  private boolean locked;

  private LifeSign(ControlPage page) {
    this.page = page;
    this.mutex = page.lifeSignRoom();
  }

  /**
   * @param threadId the kernel's number of the calling thread; 0: no sign, for it is not known or
   *     the thread's end would say nothing about a process
   */
  static LifeSign give(ControlPage page, long threadId) {
    var sign = new LifeSign(page);
    if (threadId != 0 && !Thread.currentThread().isVirtual()) {
      try {
        sign.lock();
        page.lifeSign(sign.locked && mutexWord(sign.mutex) == threadId);
      } catch (Throwable noSuchLock) {
        // optional: the page goes on saying that there is none
      }
    }
    return sign;
  }

  private static int mutexWord(MemorySegment mutex) {
    return mutex.get(JAVA_INT, 0);
  }

  private void lock() throws Throwable {
    try (var arena = Arena.ofConfined()) {
      var attributes = arena.allocate(ATTRIBUTES_BYTES, 16);
      locked =
          call("pthread_mutexattr_init", attributes) == 0
              && call("pthread_mutexattr_setpshared", attributes, YES) == 0
              && call("pthread_mutexattr_setrobust", attributes, YES) == 0
              && call("pthread_mutex_init", mutex, attributes) == 0
              && call("pthread_mutex_lock", mutex) == 0;
    }
  }

  private int call(String function, MemorySegment a) throws Throwable {
    var handle = linker.downcallHandle(symbol(function), FunctionDescriptor.of(JAVA_INT, ADDRESS));
    return (int) handle.invokeExact(a);
  }

  private int call(String function, MemorySegment a, int b) throws Throwable {
    var handle =
        linker.downcallHandle(symbol(function), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    return (int) handle.invokeExact(a, b);
  }

  private int call(String function, MemorySegment a, MemorySegment b) throws Throwable {
    var handle =
        linker.downcallHandle(symbol(function), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    return (int) handle.invokeExact(a, b);
  }

  private MemorySegment symbol(String function) {
    return linker.defaultLookup().findOrThrow(function);
  }

  /** Lets go in order: while the page is mapped, and before the thread ends by itself. */
  @Override
  public void close() {
    page.lifeSign(false);
    if (locked) {
      locked = false;
      try {
        call("pthread_mutex_unlock", mutex);
      } catch (Throwable e) {
        throw new IllegalStateException("cannot unlock the life sign", e);
      }
    }
  }
}
