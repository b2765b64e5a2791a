package dev.muster.worker.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which connections wait for which keys, in the order they came. One thread. */
final class Waits {
  private final Memory memory;
  private final Map<String, Set<Long>> waiting = new LinkedHashMap<>();
  private final Map<Long, Set<String>> awaited = new LinkedHashMap<>();

  Waits(Memory memory) {
    this.memory = memory;
  }

  /**
   * @param keys at least one, none of them is there
   */
  void add(long connection, Set<String> keys) throws BadQueryException {
    memory.change(cost(keys));
    awaited.put(connection, new LinkedHashSet<>(keys));
    for (String key : keys) {
      waiting.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(connection);
    }
  }

  /** It waits no longer, if it did. */
  void remove(long connection) {
    var keys = awaited.remove(connection);
    if (keys != null) {
      memory.release(cost(keys));
      for (String key : keys) {
        forget(key, connection);
      }
    }
  }

  /** A key is there: who need wait no longer. */
  List<Long> arrived(String key) {
    var woken = new ArrayList<Long>();
    for (long connection : List.copyOf(waiting.getOrDefault(key, Set.of()))) {
      if (over(connection, key)) {
        woken.add(connection);
      }
    }
    return woken;
  }

  /** One element is there: the first that needs nothing more; it is in the list or nobody is. */
  List<Long> elementArrived(String queue) {
    for (long connection : List.copyOf(waiting.getOrDefault(queue, Set.of()))) {
      if (over(connection, queue)) {
        return List.of(connection);
      }
    }
    return List.of();
  }

  private boolean over(long connection, String key) {
    var keys = awaited.get(connection);
    keys.remove(key);
    memory.release(cost(Set.of(key)));
    forget(key, connection);
    if (keys.isEmpty()) {
      awaited.remove(connection);
    }
    return keys.isEmpty();
  }

  private void forget(String key, long connection) {
    var connections = waiting.get(key);
    connections.remove(connection);
    if (connections.isEmpty()) {
      waiting.remove(key);
    }
  }

  /** How many connections wait for each key, by key. */
  Map<String, Integer> counts() {
    var counts = new TreeMap<String, Integer>();
    waiting.forEach((key, connections) -> counts.put(key, connections.size()));
    return counts;
  }

  private static long cost(Set<String> keys) {
    return keys.stream().mapToLong(key -> Memory.OVERHEAD_BYTES + key.length()).sum();
  }
}
