package dev.muster.simulator.drill;

import static java.util.concurrent.TimeUnit.DAYS;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.job.Key;
import dev.muster.protocol.job.Parsers;
import dev.muster.simulator.fault.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** How values of drill and profile files are read; empty for one that is not accepted. */
public final class Values {
  private static final long YEAR_NS = DAYS.toNanos(365);
  private static final int SEEDS_MAX = 1_000_000;
  private static final Key<Long> DURATION = Parsers.duration("", 0, YEAR_NS);
  private static final Key<Double> NUMBER = Parsers.number("", -1e15, 1e15);

  static final String DURATION_TEXT = "a duration with its unit, such as 500ms, 90s, 6h or 60d";
  public static final String SPAN_TEXT =
      DURATION_TEXT + ", { exponential = 10m } or { lognormal = [30s, 1.0] }";

  private Values() {}

  public static Optional<Long> duration(ConfigValue value) {
    return DURATION.parser().parse(value);
  }

  /** {@code none} is {@link Expect#NONE}. */
  static Optional<Long> limit(ConfigValue value) {
    return word(value, "none") ? Optional.of(Expect.NONE) : duration(value);
  }

  public static Optional<Double> number(ConfigValue value) {
    return NUMBER.parser().parse(value);
  }

  private static boolean word(ConfigValue value, String word) {
    return Parsers.text(value).filter(word::equals).isPresent();
  }

  /** {@code 97%} or {@code 0.97}: a share. */
  public static Optional<Double> share(ConfigValue value) {
    return percent(value).map(p -> p / 100).or(() -> number(value)).filter(s -> s >= 0 && s <= 1);
  }

  /** {@code 3%} is 3. */
  static Optional<Double> percent(ConfigValue value) {
    return Parsers.text(value)
        .filter(text -> text.endsWith("%"))
        .map(text -> text.substring(0, text.length() - 1).strip())
        .filter(text -> text.matches("[0-9]{1,3}(\\.[0-9]{1,6})?"))
        .map(Double::parseDouble);
  }

  public static Optional<Span> span(ConfigValue value) {
    if (value instanceof ConfigObject object && object.size() == 1) {
      var name = object.keySet().iterator().next();
      return switch (name) {
        case "exactly" -> duration(object.get(name)).map(Span.Fixed::new);
        case "exponential", "mean" -> duration(object.get(name)).map(Span.Exponential::new);
        case "lognormal" -> lognormal(object.get(name));
        default -> Optional.empty();
      };
    }
    return duration(value).map(Span.Fixed::new);
  }

  private static Optional<Span> lognormal(ConfigValue value) {
    return value instanceof ConfigList list && list.size() == 2
        ? duration(list.get(0))
            .flatMap(median ->
                number(list.get(1))
                    .filter(sigma -> sigma >= 0 && sigma <= 5)
                    .map(sigma -> new Span.Lognormal(median, sigma)))
        : Optional.empty();
  }

  /** A plain duration is a mean: a failure rarely comes on time. */
  static Optional<Span> gap(ConfigValue value) {
    return (value instanceof ConfigObject
            ? span(value)
            : duration(value).<Span>map(Span.Exponential::new))
        .filter(gap -> gap.ns(0.5, 0.5) > 0);
  }

  /** {@code 7}, {@code 1..20} or {@code [1, 5, 9]}. */
  static Optional<List<Long>> seeds(ConfigValue value) {
    if (value instanceof ConfigList list) {
      var all = new ArrayList<Long>();
      list.forEach(each -> seeds(each).ifPresent(all::addAll));
      return all.size() >= list.size() && !all.isEmpty() ? Optional.of(all) : Optional.empty();
    }
    return Parsers.text(value).flatMap(Values::seeds);
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
