package dev.muster.collectives.hosts;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where each rank listens, as ranks tell each other when they join: i32 port, i32 size of the
 * address, u8 address[16].
 */
record Addresses(Place place, InetSocketAddress listening) {
  private static final int BYTES = 24;

  MemorySegment own(Arena arena) {
    byte[] address = listening.getAddress().getAddress();
    var memory = arena.allocate(BYTES, 8);
    memory.set(JAVA_INT, 0, listening.getPort());
    memory.set(JAVA_INT, 4, address.length);
    MemorySegment.copy(address, 0, memory, JAVA_BYTE, 8, address.length);
    return memory;
  }

  void learn(MemorySegment all, Links links) {
    for (int rank = 0; rank < place.worldSize(); rank++) {
      long at = (long) rank * BYTES;
      byte[] address = new byte[Math.clamp(all.get(JAVA_INT, at + 4), 0, 16)];
      MemorySegment.copy(all, JAVA_BYTE, at + 8, address, 0, address.length);
      links.address(rank, new InetSocketAddress(inet(address), all.get(JAVA_INT, at)));
    }
  }

  private static InetAddress inet(byte[] address) {
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("not an address: bytes=" + address.length, e);
    }
  }
}
