package dev.muster.protocol;

import java.util.HashMap;
import java.util.Map;

/**
 * A map that is asked for its keys in the same order again and again, as when all nodes answer one
 * order after the other: with each key it remembers the one that was asked for next, and looks
 * there first. That costs one step to another place in memory, a {@link HashMap} four; of 12,500
 * nodes each such step is a miss of the cache. Any other order costs what it does there.
 *
 * <p>For one thread, also where it is only read.
 */
public final class RecurringMap<K, V> {
  private final Map<K, Entry<K, V>> entries = new HashMap<>(); // looked up, never walked
  private Entry<K, V> latest; // asked for; null: none yet

  private static final class Entry<K, V> {
    K key; // as it was asked for last, or null once it is removed
    final V value;
    Entry<K, V> next;

    Entry(K key, V value) {
      this.key = key;
      this.value = value;
    }
  }

  /** Null when there is none. */
  public V get(K key) {
    var entry = latest;
    if (entry != null) {
      if (entry.key == key) {
        return entry.value;
      }
      entry = entry.next;
      if (entry != null && entry.key == key) {
        latest = entry;
        return entry.value;
      }
    }
    return find(key);
  }

  private V find(K key) {
    var found = entries.get(key);
    if (found == null) {
      return null;
    }
    found.key = key;
    if (latest != null) {
      latest.next = found;
    }
    latest = found;
    return found.value;
  }

  /** In the place of what was there under this key. */
  public void put(K key, V value) {
    remove(key);
    entries.put(key, new Entry<>(key, value));
  }

  /** Null when there was none. */
  public V remove(K key) {
    var gone = entries.remove(key);
    if (gone == null) {
      return null;
    }
    gone.key = null; // others may still look here first
    return gone.value;
  }

  public int size() {
    return entries.size();
  }
}
