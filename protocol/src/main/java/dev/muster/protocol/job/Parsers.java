package dev.muster.protocol.job;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Makes keys of each kind. Stricter than the library: 3.7 is not taken for 3, a duration needs its
 * unit (a bare 15 would be 15 ms), and numbers in free maps keep their spelling.
 */
public final class Parsers {
  private Parsers() {}

  public static Key<Long> whole(String path, long min, long max) {
    var range =
        max == Long.MAX_VALUE
            ? (min == Long.MIN_VALUE ? "" : " from " + min)
            : " from " + min + " to " + max;
    return new Key<>(
        path, "a whole number" + range, v -> whole(v).filter(n -> n >= min && n <= max));
  }

  public static Key<Integer> count(String path, int min, int max) {
    var key = whole(path, min, max);
    return new Key<>(path, key.accepted(), v -> key.parser().parse(v).map(Math::toIntExact));
  }

  public static Key<Double> number(String path, double min, double max) {
    return new Key<>(
        path,
        "a number from " + min + " to " + max,
        v -> decimal(v).map(BigDecimal::doubleValue).filter(n -> n >= min && n <= max));
  }

  public static Key<Boolean> flag(String path) {
    return new Key<>(path, "true or false", v -> attempt(() -> v.atKey("v").getBoolean("v")));
  }

  static Key<String> oneOf(String path, List<String> words) {
    return new Key<>(path, String.join(" or ", words), v -> text(v).filter(words::contains));
  }

  public static Key<Long> duration(String path, long minNs, long maxNs) {
    return new Key<>(
        path,
        "a duration with its unit (ns, us, ms, s, m, h, d) from "
            + Units.duration(minNs)
            + " to "
            + Units.duration(maxNs),
        v ->
            unitless(v)
                ? Optional.empty()
                : durationNs(v).filter(ns -> ns >= minNs && ns <= maxNs));
  }

  /** A duration, 0 included, or {@code auto}, which is {@link JobSpec.Checkpoint#AUTO}. */
  public static Key<Long> interval(String path, long maxNs) {
    return orAuto(duration(path, 0, maxNs), (long) JobSpec.Checkpoint.AUTO);
  }

  /** A number of steps, 0 included, or {@code auto}, which is {@link JobSpec.Checkpoint#AUTO}. */
  public static Key<Integer> steps(String path, int max) {
    return orAuto(count(path, 0, max), JobSpec.Checkpoint.AUTO);
  }

  private static <T> Key<T> orAuto(Key<T> key, T auto) {
    return new Key<>(
        key.path(),
        "auto, or " + key.accepted(),
        v ->
            text(v).filter(Units.AUTO::equals).isPresent()
                ? Optional.of(auto)
                : key.parser().parse(v));
  }

  public static Key<Long> bytes(String path, long min, long max) {
    return new Key<>(
        path,
        "a size in bytes or with its unit (KiB, MiB, GiB) from "
            + Units.bytes(min)
            + " to "
            + Units.bytes(max),
        v ->
            attempt(() -> v.atKey("v").getMemorySize("v").toBytes())
                .filter(n -> n >= min && n <= max));
  }

  public static Key<String> line(String path) {
    return new Key<>(
        path,
        "a text of 1 to 64 characters on one line",
        v ->
            text(v)
                .filter(t ->
                    !t.isBlank()
                        && t.length() <= 64
                        && t.chars().noneMatch(Character::isISOControl)));
  }

  /** Empty: the default place. */
  static Key<String> path(String path) {
    return new Key<>(
        path,
        "a path, or an empty text",
        v -> text(v).filter(t -> t.chars().noneMatch(Character::isISOControl)));
  }

  static Key<String> address(String path) {
    return new Key<>(
        path, "HOST:PORT with a port from 0 to 65535", v -> text(v).filter(Parsers::hostAndPort));
  }

  private static boolean hostAndPort(String text) {
    int colon = text.lastIndexOf(':');
    var port = text.substring(colon + 1);
    return colon > 0
        && text.substring(0, colon).matches("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]")
        && port.matches("[0-9]{1,5}")
        && Integer.parseInt(port) <= 65_535;
  }

  static Key<List<String>> lines(String path) {
    return new Key<>(
        path, "a list of texts, such as [\"program\", \"argument\"]", v -> list(v, Parsers::text));
  }

  static Key<List<JobSpec.Fault>> faults(String path) {
    return new Key<>(
        path,
        "a list of faults, such as [\"rank=2@step=50\"]",
        v -> list(v, each -> text(each).flatMap(Units::fault)));
  }

  static Key<Map<String, String>> free(String path) {
    return new Key<>(
        path, "a section of texts and numbers, such as { name = value }", Parsers::free);
  }

  private static Optional<Map<String, String>> free(ConfigValue value) {
    var map = new TreeMap<String, String>();
    return value instanceof ConfigObject object && flatten("", object, map)
        ? Optional.of(map)
        : Optional.empty();
  }

  /** {@code a { b = 1 }} is the key {@code a.b}, as it is on the command line. */
  private static boolean flatten(String prefix, ConfigObject object, Map<String, String> map) {
    return object.entrySet().stream()
        .allMatch(entry -> {
          var key = prefix + entry.getKey();
          if (entry.getValue() instanceof ConfigObject below) {
            return flatten(key + ".", below, map);
          }
          return text(entry.getValue()).map(t -> map.put(key, t) == null).orElse(false);
        });
  }

  private static <T> Optional<List<T>> list(ConfigValue value, Key.Parser<T> element) {
    if (!(value instanceof ConfigList list)) {
      return Optional.empty();
    }
    var parsed = new ArrayList<T>();
    list.forEach(each -> element.parse(each).ifPresent(parsed::add));
    return parsed.size() == list.size() ? Optional.of(List.copyOf(parsed)) : Optional.empty();
  }

  private static Optional<Long> whole(ConfigValue value) {
    return decimal(value).flatMap(d -> attempt(d::longValueExact));
  }

  private static Optional<BigDecimal> decimal(ConfigValue value) {
    return text(value)
        .filter(t -> t.length() <= 32)
        .flatMap(t -> attempt(() -> new BigDecimal(t.strip())));
  }

  private static boolean unitless(ConfigValue value) {
    return text(value).map(t -> !t.strip().matches(".*[a-zA-Z]")).orElse(true);
  }

  private static Optional<Long> durationNs(ConfigValue value) {
    return attempt(() -> value.atKey("v").getDuration("v").toNanos());
  }

  /** Texts, and numbers and booleans as they were spelled. */
  public static Optional<String> text(ConfigValue value) {
    return attempt(() -> value.atKey("v").getString("v"));
  }

  private static <T> Optional<T> attempt(java.util.function.Supplier<T> read) {
    try {
      return Optional.of(read.get());
    } catch (ConfigException | ArithmeticException | NumberFormatException e) {
      return Optional.empty();
    }
  }
}
