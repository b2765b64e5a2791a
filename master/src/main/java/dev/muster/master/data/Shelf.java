package dev.muster.master.data;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Pieces by key, in order; immutable. A change copies the keys, so it costs O(keys): fine for the
 * workers of a group, not for a key per sample.
 */
record Shelf<K extends Comparable<K>>(SortedMap<K, SortedSet<Piece>> byKey) {

  static <K extends Comparable<K>> Shelf<K> empty() {
    return new Shelf<K>(new TreeMap<>());
  }

  SortedSet<Piece> of(K key) {
    return byKey.getOrDefault(key, Collections.emptySortedSet());
  }

  Stream<Piece> all() {
    return byKey.values().stream().flatMap(SortedSet::stream);
  }

  Shelf<K> with(K key, Collection<Piece> pieces) {
    var set = new TreeSet<>(of(key));
    set.addAll(pieces);
    return set(key, set);
  }

  Shelf<K> without(K key, Piece piece) {
    var set = new TreeSet<>(of(key));
    set.remove(piece);
    return set(key, set);
  }

  Shelf<K> without(K key) {
    return set(key, Collections.emptySortedSet());
  }

  private Shelf<K> set(K key, SortedSet<Piece> set) {
    var map = new TreeMap<>(byKey);
    if (set.isEmpty()) {
      map.remove(key);
    } else {
      map.put(key, set);
    }
    return new Shelf<>(map);
  }
}
