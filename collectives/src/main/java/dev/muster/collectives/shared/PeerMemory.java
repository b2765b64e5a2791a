package dev.muster.collectives.shared;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Reads the ordinary memory of other ranks' processes: the kernel copies it once ({@code
 * process_vm_readv}), where a stage in shared memory takes two copies. Not every machine permits it
 * (ptrace rules, containers with a process space each), so the ranks try it when they join and use
 * it only if everyone can read everyone. {@code -Dmuster.collectives.readPeers=false} keeps a rank,
 * and so its group, from it. One thread.
 */
final class PeerMemory {
  static final String SWITCH = "muster.collectives.readPeers";

  private static final long PID = 0;
  private static final long PROBE = 8;
  private static final long NUMBER = 16;
  private static final long READABLE = 24;
  private static final MethodHandle READ = downcall();

  private final MemorySegment probe;
  private final MemorySegment local; // struct iovec: address, size
  private final MemorySegment remote;
  private final long[] pids;
  private boolean readable;

  PeerMemory(int worldSize, Arena arena) {
    probe = arena.allocate(JAVA_LONG);
    local = arena.allocate(JAVA_LONG, 2);
    remote = arena.allocate(JAVA_LONG, 2);
    pids = new long[worldSize];
  }

  private static MethodHandle downcall() {
    try {
      var linker = Linker.nativeLinker();
      return linker
          .defaultLookup()
          .find("process_vm_readv")
          .map(function ->
              linker.downcallHandle(
                  function,
                  FunctionDescriptor.of(
                      JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG)))
          .orElse(null);
    } catch (RuntimeException e) {
      return null; // native access is not permitted here
    }
  }

  // ---- when ranks join: offer, meet, try, meet, conclude

  /**
   * @param page that the peers will see, 32 bytes of it
   */
  void offer(MemorySegment page) {
    long number =
        ThreadLocalRandom.current().nextLong(); // another process's would hardly be the same
    probe.set(JAVA_LONG, 0, number);
    page.set(JAVA_LONG, PID, ProcessHandle.current().pid());
    page.set(JAVA_LONG, PROBE, probe.address());
    page.set(JAVA_LONG, NUMBER, number);
  }

  void tryAll(MemorySegment own, MemorySegment[] pages) {
    boolean all = READ != null && !"false".equals(System.getProperty(SWITCH));
    for (int peer = 0; peer < pages.length; peer++) {
      pids[peer] = pages[peer].get(JAVA_LONG, PID);
      all = all && canRead(peer, pages[peer]);
    }
    own.set(JAVA_LONG, READABLE, all ? 1 : 0);
  }

  private boolean canRead(int peer, MemorySegment page) {
    try (var arena = Arena.ofConfined()) {
      var number = arena.allocate(JAVA_LONG);
      return read(peer, page.get(JAVA_LONG, PROBE), number, 0, 8)
          && number.get(JAVA_LONG, 0) == page.get(JAVA_LONG, NUMBER);
    }
  }

  void conclude(MemorySegment[] pages) {
    readable = true;
    for (var page : pages) {
      readable &= page.get(JAVA_LONG, READABLE) == 1;
    }
  }

  // ---- afterwards

  /** The same on every rank. */
  boolean readable() {
    return readable;
  }

  /** False when the process or its memory is gone. */
  boolean read(int peer, long address, MemorySegment to, long offset, long bytes) {
    for (long done = 0; done < bytes; ) {
      local.set(JAVA_LONG, 0, to.address() + offset + done);
      local.set(JAVA_LONG, 8, bytes - done);
      remote.set(JAVA_LONG, 0, address + done);
      remote.set(JAVA_LONG, 8, bytes - done);
      long count = call((int) pids[peer]);
      if (count <= 0) {
        return false;
      }
      done += count;
    }
    return true;
  }

  private long call(int pid) {
    try {
      return (long) READ.invokeExact(pid, local, 1L, remote, 1L, 0L);
    } catch (Throwable e) {
      throw new IllegalStateException("process_vm_readv cannot be called", e);
    }
  }
}
