package dev.muster.worker.store;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keys with their values, and queues, which have names of their own. One thread. */
final class KeyValues {
  private final Limits limits;
  private final Memory memory;
  private final Map<String, byte[]> values = new HashMap<>();
  private final Map<String, Deque<byte[]>> queues = new HashMap<>(); // none is empty

  KeyValues(Limits limits, Memory memory) {
    this.limits = limits;
    this.memory = memory;
  }

  Optional<byte[]> get(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** Whether a wait for it would end at once. */
  boolean has(String key) {
    return values.containsKey(key) || queues.containsKey(key);
  }

  int size() {
    return values.size();
  }

  List<String> keys() {
    return List.copyOf(values.keySet());
  }

  void put(String key, byte[] value) throws BadQueryException {
    byte[] former = values.get(key);
    if (former == null) {
      requireRoom(values.size() + queues.size());
    }
    if (value.length > limits.valueBytes()) {
      throw new BadQueryException(
          "value too large: key=%s expected<=%d actual=%d"
              .formatted(QueryReader.printable(key), limits.valueBytes(), value.length));
    }
    memory.change(former == null ? cost(key, value) : value.length - former.length);
    values.put(key, value);
  }

  private void requireRoom(int keys) throws BadQueryException {
    if (keys >= limits.keys()) {
      throw new BadQueryException("too many keys: expected<=" + limits.keys());
    }
  }

  boolean remove(String key) {
    byte[] former = values.remove(key);
    if (former != null) {
      memory.release(cost(key, former));
    }
    return former != null;
  }

  void push(String queue, byte[] value) throws BadQueryException {
    var held = queues.get(queue);
    if (held == null) {
      requireRoom(values.size() + queues.size());
    }
    memory.change(cost(queue, value));
    queues.computeIfAbsent(queue, name -> new ArrayDeque<>()).addLast(value);
  }

  int length(String queue) {
    var held = queues.get(queue);
    return held == null ? 0 : held.size();
  }

  Optional<byte[]> pop(String queue) {
    var held = queues.get(queue);
    if (held == null) {
      return Optional.empty();
    }
    byte[] value = held.removeFirst();
    memory.release(cost(queue, value));
    if (held.isEmpty()) {
      queues.remove(queue);
    }
    return Optional.of(value);
  }

  private static long cost(String key, byte[] value) {
    return 2L * Memory.OVERHEAD_BYTES + key.length() + value.length;
  }
}
