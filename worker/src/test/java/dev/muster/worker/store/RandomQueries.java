package dev.muster.worker.store;

import dev.muster.worker.store.Query.Field;
import dev.muster.worker.store.Query.Kind;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Queries within the limits, from a seed. */
final class RandomQueries {
  private RandomQueries() {}

  static byte[] stream(Dialect dialect, SplittableRandom random, int queries) {
    var asking = new Asking(dialect).opening();
    for (int i = 0; i < queries; i++) {
      var kinds = kinds(dialect);
      add(asking, kinds.get(random.nextInt(kinds.size())), random);
    }
    return asking.bytes();
  }

  static List<Kind> kinds(Dialect dialect) {
    return IntStream.range(0, 256)
        .mapToObj(dialect::kind)
        .flatMap(java.util.Optional::stream)
        .filter(kind -> kind != Kind.VALIDATE)
        .toList();
  }

  static Asking add(Asking asking, Kind kind, SplittableRandom random) {
    asking.kind(kind);
    for (Field field : kind.fields()) {
      int some = random.nextInt(4);
      switch (field) {
        case KEY -> asking.text(key(random));
        case VALUE -> asking.text("" + some);
        case INT32 -> asking.int32(random.nextInt());
        case INT64 -> asking.int64(random.nextInt(5) - 1);
        case KEYS -> {
          asking.int64(some);
          IntStream.range(0, some).forEach(i -> asking.text(key(random)));
        }
        case PAIRS -> {
          asking.int64(some);
          IntStream.range(0, some).forEach(i -> asking.text(key(random)).text("" + i));
        }
      }
    }
    return asking;
  }

  private static String key(SplittableRandom random) {
    return random.nextInt(20) == 0 ? Attendance.JOINED_KEY : "/k" + random.nextInt(6);
  }
}
