package dev.muster.worker.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Connections that are told of every change of a key, until PyTorch 2.0. One thread. */
final class Watches {
  static final byte UPDATED = 0;
  static final byte CREATED = 1;
  static final byte DELETED = 2;
  static final byte REGISTERED = 3;

  private final Memory memory;
  private final Map<String, Set<Long>> watching = new HashMap<>();

  Watches(Memory memory) {
    this.memory = memory;
  }

  void add(long connection, String key) throws BadQueryException {
    memory.change(cost(key));
    if (!watching.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(connection)) {
      memory.release(cost(key));
    }
  }

  void remove(long connection) {
    watching
        .entrySet()
        .removeIf(watch -> {
          if (watch.getValue().remove(connection)) {
            memory.release(cost(watch.getKey()));
          }
          return watch.getValue().isEmpty();
        });
  }

  Set<Long> of(String key) {
    return watching.getOrDefault(key, Set.of());
  }

  private static long cost(String key) {
    return Memory.OVERHEAD_BYTES + key.length();
  }

  /** What is told: kind, key, former value, value; the last two empty when there is none. */
  static byte[] change(byte kind, String key, byte[] former, byte[] value) {
    byte[] name = key.getBytes(StandardCharsets.ISO_8859_1);
    int bytes = 1 + 3 * Long.BYTES + name.length + former.length + value.length;
    var told = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).put(kind);
    for (byte[] part : new byte[][] {name, former, value}) {
      told.putLong(part.length).put(part);
    }
    return told.array();
  }
}
