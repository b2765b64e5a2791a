package dev.muster.worker.store;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which ranks have come, as far as what their clients ask tells it. How many is certain: every
 * client of {@code init_process_group} adds 1 to one key. Who, is told by process ids (since
 * PyTorch 2.2, of processes of this host), and by keys: in the first group each rank of gloo, and
 * rank 0 of NCCL, sets one that ends in its number. One thread.
 */
final class Attendance {
  /** {@code TCPStore::initKey_}; all keys of users begin with a slash. */
  static final String JOINED_KEY = "init/";

  private static final Pattern RANK_OF_FIRST_GROUP =
      Pattern.compile("/default_pg/0/(?:/[a-z]+//)?[0-9]+/(?:rank_)?([0-9]{1,6})");

  private final int worldSize;
  private final BitSet seen = new BitSet();
  private int joined;

  Attendance(int worldSize) {
    this.worldSize = worldSize;
  }

  /** A key has a new value. */
  void changed(String key, byte[] value) {
    if (key.equals(JOINED_KEY)) {
      joined = number(value).map(n -> (int) Math.clamp(n, 0, worldSize)).orElse(joined);
    }
  }

  /** A client has set a key itself. */
  void set(String key) {
    var matcher = RANK_OF_FIRST_GROUP.matcher(key);
    int at = Math.max(0, key.indexOf("/default_pg/"));
    if (matcher.region(at, key.length()).matches()) {
      arrived(Integer.parseInt(matcher.group(1)));
    }
  }

  void arrived(int rank) {
    if (rank >= 0 && rank < worldSize) {
      seen.set(rank);
    }
  }

  int joined() {
    return joined;
  }

  int worldSize() {
    return worldSize;
  }

  /** Ascending; empty when all are there, or when it cannot be told who is not. */
  List<Integer> missing() {
    return joined == 0 || seen.cardinality() != joined
        ? List.of()
        : IntStream.range(0, worldSize).filter(rank -> !seen.get(rank)).boxed().toList();
  }

  /** As the store itself writes numbers. */
  static Optional<Long> number(byte[] value) {
    try {
      return Optional.of(Long.parseLong(new String(value, StandardCharsets.ISO_8859_1).strip()));
    } catch (NumberFormatException none) {
      return Optional.empty();
    }
  }
}
