package dev.muster.simulator.hocon;

import static java.util.concurrent.TimeUnit.DAYS;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import dev.muster.protocol.job.Key;
import dev.muster.protocol.job.Parsers;
import dev.muster.simulator.fault.Span;
import java.util.Optional;

/** How values of drill and profile files are read; empty for one that is not accepted. */
public final class Values {
  private static final long YEAR_NS = DAYS.toNanos(365);
  private static final Key<Long> DURATION = Parsers.duration("", 0, YEAR_NS);
  private static final Key<Double> NUMBER = Parsers.number("", -1e15, 1e15);

  public static final String DURATION_TEXT =
      "a duration with its unit, such as 500ms, 90s, 6h or 60d";
  public static final String SPAN_TEXT =
      DURATION_TEXT + ", { exponential = 10m } or { lognormal = [30s, 1.0] }";

  private Values() {}

  public static Optional<Long> duration(ConfigValue value) {
    return DURATION.parser().parse(value);
  }

  public static Optional<Double> number(ConfigValue value) {
    return NUMBER.parser().parse(value);
  }

  /** {@code 97%} or {@code 0.97}: a share. */
  public static Optional<Double> share(ConfigValue value) {
    return percent(value).map(p -> p / 100).or(() -> number(value)).filter(s -> s >= 0 && s <= 1);
  }

  /** {@code 3%} is 3. */
  public static Optional<Double> percent(ConfigValue value) {
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
  public static Optional<Span> gap(ConfigValue value) {
    return (value instanceof ConfigObject
            ? span(value)
            : duration(value).<Span>map(Span.Exponential::new))
        .filter(gap -> gap.ns(0.5, 0.5) > 0);
  }
}
