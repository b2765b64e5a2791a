package dev.muster.simulator.hardware;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import dev.muster.protocol.job.Key;
import dev.muster.protocol.job.Parsers;
import dev.muster.protocol.job.Problem;
import dev.muster.simulator.fault.Span;
import dev.muster.simulator.fault.Topology.Scope;
import dev.muster.simulator.hocon.Checked;
import dev.muster.simulator.hocon.DrillException;
import dev.muster.simulator.hocon.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads a hardware profile. Every key is required, and so is a source of each section; one section
 * may be left out.
 */
final class ProfileReader {
  private static final List<String> SECTIONS =
      List.of(
          "failures",
          "node-share",
          "causes",
          "lemons",
          "repair",
          "correlated",
          "fail-slow",
          "start",
          "collective-init",
          "restore");
  private static final String SAVES = "checkpoint"; // may be left out
  private static final Key<String> NAME = Parsers.line("profile");
  private static final Key<String> ABOUT = new Key<>("about", "a text", Parsers::text);
  private static final Key<Double> RATE = rate("failures.per-1000-node-days");
  private static final Key<Double> NODE_SHARE = share("node-share.value");
  private static final Key<Double> LEMON_SHARE = share("lemons.share");
  private static final Key<Double> LEMON_FACTOR = Parsers.number("lemons.factor", 1, 10_000);
  private static final Key<Span> REPAIR = span("repair.time");
  private static final Key<Double> RACK = rate("correlated.rack-down-per-1000-rack-days");
  private static final Key<Double> SWITCH = rate("correlated.switch-down-per-1000-switch-days");
  private static final Key<Double> POWER = rate("correlated.power-loss-per-1000-domain-days");
  private static final Key<Span> DOMAIN_TIME = span("correlated.time");
  private static final Key<Double> SLOW = rate("fail-slow.per-1000-node-days");
  private static final Key<Double> SPEED = Parsers.number("fail-slow.speed", 0.01, 1);
  private static final Key<Span> SLOW_TIME = span("fail-slow.time");
  private static final Key<Curve> START = curve("start.time");
  private static final Key<Curve> JOIN = curve("collective-init.time");
  private static final Key<Curve> RESTORE = curve("restore.time");
  private static final Key<Long> COPY = bytes("copy-per-second", 1);
  private static final Key<Long> HOST_COPY = bytes("host-copy-per-second", 0);
  private static final Key<Long> ALLOCATE = bytes("allocate-per-second", 0);
  private static final Key<Long> STORAGE = bytes("storage-per-second", 1);
  private static final Key<TreeMap<String, Double>> COUNTS =
      new Key<>("causes.counts", "a section of numbers", ProfileReader::counts);
  private static final Key<Set<String>> HANGS =
      new Key<>("causes.hang", "a list of causes", ProfileReader::names);

  private final List<Problem> problems = new ArrayList<>();
  private final Checked from;

  private ProfileReader(ConfigObject own) {
    this.from = new Checked(own, problems);
    Checked.unknown(own, known(), problems);
  }

  /**
   * @throws DrillException lists all that is wrong with it
   */
  static Profile read(String text, String origin) {
    try {
      var options = ConfigParseOptions.defaults().setOriginDescription(origin);
      var own = ConfigFactory.parseString(text, options).resolve();
      return new ProfileReader(own.root()).profile();
    } catch (ConfigException e) {
      throw new DrillException("bad profile: " + e.getMessage());
    }
  }

  private static Set<String> known() {
    var known = new TreeSet<String>();
    List.of(
            NAME,
            ABOUT,
            RATE,
            NODE_SHARE,
            LEMON_SHARE,
            LEMON_FACTOR,
            REPAIR,
            RACK,
            SWITCH,
            POWER,
            DOMAIN_TIME,
            SLOW,
            SPEED,
            SLOW_TIME,
            START,
            JOIN,
            RESTORE,
            COPY,
            HOST_COPY,
            ALLOCATE,
            STORAGE,
            COUNTS,
            HANGS)
        .forEach(key -> known.add(key.path()));
    sections(true)
        .forEach(section -> {
          known.add(section + ".source");
          known.add(section + ".confidence");
        });
    return known;
  }

  private static Stream<String> sections(boolean saves) {
    return Stream.concat(SECTIONS.stream(), saves ? Stream.of(SAVES) : Stream.empty());
  }

  private Profile profile() {
    boolean saves = from.find(SAVES) != null;
    var figures = sections(saves).map(this::figure).toList();
    need(NAME);
    need(ABOUT);
    var domains =
        List.of(
            new Profile.Domain(Scope.RACK, need(RACK, 0.0), need(DOMAIN_TIME, Span.ZERO)),
            new Profile.Domain(Scope.SWITCH, need(SWITCH, 0.0), need(DOMAIN_TIME, Span.ZERO)),
            new Profile.Domain(Scope.POWER, need(POWER, 0.0), need(DOMAIN_TIME, Span.ZERO)));
    var slow = new Profile.Slow(need(SLOW, 0.0), need(SPEED, 1.0), need(SLOW_TIME, Span.ZERO));
    var profile =
        new Profile(
            need(NAME),
            need(ABOUT),
            need(RATE, 0.0),
            need(NODE_SHARE, 0.0),
            causes(),
            need(LEMON_SHARE, 0.0),
            need(LEMON_FACTOR, 1.0),
            need(REPAIR, Span.ZERO),
            domains,
            slow,
            need(START),
            need(JOIN),
            need(RESTORE),
            saves ? Optional.of(saves()) : Optional.empty(),
            figures);
    if (!problems.isEmpty()) {
      throw new DrillException(problems);
    }
    return profile;
  }

  private Profile.Saves saves() {
    return new Profile.Saves(
        need(COPY, 1L), need(HOST_COPY, 0L), need(ALLOCATE, 0L), need(STORAGE, 1L));
  }

  private Figure figure(String section) {
    var source = new Key<>(section + ".source", "where the numbers come from", Parsers::text);
    var confidence =
        new Key<>(
            section + ".confidence",
            "A, B or C",
            v -> Parsers.text(v).filter(text -> text.matches("[ABC]")));
    return new Figure(section, need(source, ""), need(confidence, ""));
  }

  private List<Profile.Cause> causes() {
    var hangs = from.get(HANGS, Set.<String>of());
    var causes = new ArrayList<Profile.Cause>();
    need(COUNTS, new TreeMap<>())
        .forEach((name, count) -> causes.add(new Profile.Cause(name, count, hangs.contains(name))));
    return causes;
  }

  private <T> T need(Key<T> key) {
    return need(key, null);
  }

  private <T> T need(Key<T> key, T otherwise) {
    if (from.find(key.path()) == null) {
      var missing =
          new Problem("profile", key.path(), "", "is missing: expected " + key.accepted());
      if (!problems.contains(missing)) {
        problems.add(missing);
      }
      return otherwise;
    }
    return from.get(key, otherwise);
  }

  private static Key<Double> rate(String path) {
    return Parsers.number(path, 0, 1_000_000);
  }

  private static Key<Long> bytes(String name, long min) {
    return Parsers.bytes(SAVES + "." + name, min, 1L << 50);
  }

  private static Key<Double> share(String path) {
    return new Key<>(path, "a share such as 2%", Values::share);
  }

  private static Key<Span> span(String path) {
    return new Key<>(path, Values.SPAN_TEXT, Values::span);
  }

  private static Key<Curve> curve(String path) {
    return new Key<>(
        path, "durations by world size, such as { 16384 = 17s }", ProfileReader::curve);
  }

  private static Optional<Curve> curve(ConfigValue value) {
    if (!(value instanceof ConfigObject object) || object.isEmpty()) {
      return Optional.empty();
    }
    var points = new TreeMap<Integer, Long>();
    for (var name : object.keySet()) {
      var ns = Values.duration(object.get(name));
      if (!name.matches("[0-9]{1,7}") || ns.isEmpty()) {
        return Optional.empty();
      }
      points.put(Integer.parseInt(name), ns.get());
    }
    return Optional.of(new Curve(points));
  }

  private static Optional<TreeMap<String, Double>> counts(ConfigValue value) {
    if (!(value instanceof ConfigObject object) || object.isEmpty()) {
      return Optional.empty();
    }
    var counts = new TreeMap<String, Double>();
    object.forEach((name, count) -> Values.number(count).ifPresent(n -> counts.put(name, n)));
    boolean right = counts.size() == object.size() && counts.values().stream().allMatch(n -> n > 0);
    return right ? Optional.of(counts) : Optional.empty();
  }

  private static Optional<Set<String>> names(ConfigValue value) {
    if (!(value instanceof ConfigList list)) {
      return Optional.empty();
    }
    var names = new TreeSet<String>();
    list.forEach(each -> Parsers.text(each).ifPresent(names::add));
    return Optional.of(names);
  }
}
