package dev.muster.simulator.drill;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.job.Parsers;
import dev.muster.simulator.hocon.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** How values that only drills have are read; empty for one that is not accepted. */
public final class DrillValues {
  private static final int SEEDS_MAX = 1_000_000;

  private DrillValues() {}

  /** {@code none} is {@link Expect#NONE}. */
  static Optional<Long> limit(ConfigValue value) {
    return word(value, "none") ? Optional.of(Expect.NONE) : Values.duration(value);
  }

  private static boolean word(ConfigValue value, String word) {
    return Parsers.text(value).filter(word::equals).isPresent();
  }

  /** {@code 7}, {@code 1..20} or {@code [1, 5, 9]}. */
  static Optional<List<Long>> seeds(ConfigValue value) {
    if (value instanceof ConfigList list) {
      var all = new ArrayList<Long>();
      list.forEach(each -> seeds(each).ifPresent(all::addAll));
      return all.size() >= list.size() && !all.isEmpty() ? Optional.of(all) : Optional.empty();
    }
    return Parsers.text(value).flatMap(DrillValues::seeds);
  }

  /** Seeds as they are written on the command line. */
  public static Optional<List<Long>> seeds(String text) {
    if (!text.strip().matches("-?[0-9]{1,18}(\\.\\.-?[0-9]{1,18})?")) {
      return Optional.empty();
    }
    long[] ends = Arrays.stream(text.strip().split("\\.\\.")).mapToLong(Long::parseLong).toArray();
    long first = ends[0];
    long last = ends[ends.length - 1];
    return last < first || last - first >= SEEDS_MAX
        ? Optional.empty()
        : Optional.of(LongStream.rangeClosed(first, last).boxed().toList());
  }

  /** {@code none}, a list of points, or {@code drawn}: empty inside. */
  static Optional<Optional<Set<Buggify>>> buggify(ConfigValue value) {
    if (word(value, "drawn")) {
      return Optional.of(Optional.empty());
    }
    if (!(value instanceof ConfigList list)) {
      return word(value, "none") ? Optional.of(Optional.of(Set.of())) : Optional.empty();
    }
    var points = new HashSet<Buggify>();
    list.forEach(each -> Parsers.text(each).flatMap(Buggify::of).ifPresent(points::add));
    return points.size() == list.size() ? Optional.of(Optional.of(points)) : Optional.empty();
  }

  static Optional<List<Expect.Never>> never(ConfigValue value) {
    if (!(value instanceof ConfigList list)) {
      return Optional.empty();
    }
    var all = new ArrayList<Expect.Never>();
    for (var each : list) {
      Arrays.stream(Expect.Never.values())
          .filter(never -> word(each, never.text()))
          .forEach(all::add);
    }
    return all.size() == list.size() ? Optional.of(all) : Optional.empty();
  }
}
