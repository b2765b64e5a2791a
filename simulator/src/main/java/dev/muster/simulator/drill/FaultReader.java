package dev.muster.simulator.drill;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import dev.muster.protocol.job.Key;
import dev.muster.protocol.job.NearestKey;
import dev.muster.protocol.job.Parsers;
import dev.muster.protocol.job.Problem;
import dev.muster.simulator.fault.Condition;
import dev.muster.simulator.fault.FaultSpec;
import dev.muster.simulator.fault.Pick;
import dev.muster.simulator.fault.Span;
import dev.muster.simulator.fault.Timing;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.fault.Topology.Scope;
import dev.muster.simulator.fault.Verb;
import dev.muster.simulator.hocon.Checked;
import dev.muster.simulator.hocon.Values;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads one line of a drill's faults. */
final class FaultReader {
  private static final Key<String> DO = Parsers.line("do");
  private static final Key<Long> AT = duration("at");
  private static final Key<Span> EVERY =
      new Key<>("every", "more than 0: " + Values.SPAN_TEXT, Values::gap);
  private static final Key<Long> FROM = duration("from");
  private static final Key<Condition> WHEN =
      new Key<>(
          "when",
          "one of " + Condition.accepted() + ", or 'generation N formed'",
          v -> Parsers.text(v).flatMap(Condition::of));
  private static final Key<Span> AFTER = span("after");
  private static final Key<Integer> AT_MOST = Parsers.count("at-most", 1, 1_000_000);
  private static final Key<Integer> NODE = Parsers.count("node", 0, 1_000_000);
  private static final Key<Span> FOR = span("for");
  private static final Key<Double> FACTOR = Parsers.number("factor", 0, 1_000_000);
  private static final Key<Long> BY = duration("by");
  private static final Key<Integer> TIMES = Parsers.count("times", 1, 10_000);
  private static final Key<Span> GAP = span("gap");
  private static final Key<Long> SPREAD = duration("spread");
  private static final Key<Integer> DRAW = Parsers.count("draw", 0, Integer.MAX_VALUE);
  private static final Key<Double> SHARE =
      new Key<>(
          "pick.share", "a share above 0 such as 50%", v -> Values.share(v).filter(s -> s > 0));

  private static final Set<String> KNOWN =
      new TreeSet<>(
          List.of(
              "do",
              "draw",
              "at",
              "every",
              "from",
              "when",
              "after",
              "at-most",
              "node",
              "pick.node",
              "pick.nodes",
              "pick.rack",
              "pick.racks",
              "pick.switch",
              "pick.switches",
              "pick.power",
              "pick.powers",
              "pick.pod",
              "pick.pods",
              "pick.share",
              "for",
              "factor",
              "by",
              "times",
              "gap",
              "spread"));

  private final Topology fleet;
  private final List<Problem> problems;

  FaultReader(Topology fleet, List<Problem> problems) {
    this.fleet = fleet;
    this.problems = problems;
  }

  private static Key<Long> duration(String path) {
    return new Key<>(path, Values.DURATION_TEXT, Values::duration);
  }

  private static Key<Span> span(String path) {
    return new Key<>(path, Values.SPAN_TEXT, Values::span);
  }

  /** Empty when anything is wrong with it, which is then a problem. */
  Optional<FaultSpec> read(int line, ConfigValue value) {
    if (!(value instanceof ConfigObject own)) {
      problems.add(Problem.of(value, "faults", "expected a fault such as { do = crash, at = 1m }"));
      return Optional.empty();
    }
    int before = problems.size();
    Checked.unknown(own, KNOWN, problems);
    var from = new Checked(own, problems);
    var verb = verb(from);
    var timing = timing(from);
    var pick = verb == null ? Pick.ANY : pick(from, verb);
    settings(from, verb);
    return verb == null || timing == null || problems.size() > before
        ? Optional.empty()
        : Optional.of(spec(line, verb, timing, pick, from));
  }

  private static FaultSpec spec(int line, Verb verb, Timing timing, Pick pick, Checked from) {
    return new FaultSpec(
        line,
        verb,
        timing,
        pick,
        from.get(FOR, Defaults.length(verb)),
        from.get(FACTOR, Defaults.factor(verb)),
        from.get(BY, 0L),
        from.get(TIMES, Defaults.times(verb)),
        from.get(GAP, Defaults.gap(verb)),
        from.get(SPREAD, Defaults.SPREAD_NS),
        from.get(DRAW, -1));
  }

  private Verb verb(Checked from) {
    String text = from.get(DO);
    if (text == null) {
      if (from.find("do") == null) {
        from.problem("do", "a fault needs do = VERB; known: " + usable());
      }
      return null;
    }
    var verb = Verb.of(text).orElse(null);
    if (verb == null) {
      from.problem(
          "do",
          "unknown fault: do=%s; nearest known: %s; known: %s"
              .formatted(text, NearestKey.of(text, usable()), usable()));
    } else if (verb.refused()) {
      from.problem(
          "do", "a drill cannot do this yet: do=%s needs %s".formatted(text, verb.needs()));
    }
    return verb == null || verb.refused() ? null : verb;
  }

  private static List<String> usable() {
    return Verb.usable().stream().map(Verb::text).toList();
  }

  private Timing timing(Checked from) {
    long given = List.of("at", "every", "when").stream().filter(k -> from.find(k) != null).count();
    if (given != 1) {
      from.problem("do", "a fault needs either at or every or when; it has " + given + " of them");
      return null;
    }
    if (from.find("at") != null) {
      return from.get(AT) == null ? null : new Timing.At(from.get(AT));
    }
    if (from.find("every") != null) {
      return from.get(EVERY) == null ? null : new Timing.Every(from.get(EVERY), from.get(FROM, 0L));
    }
    return from.get(WHEN) == null
        ? null
        : new Timing.When(from.get(WHEN), from.get(AFTER, Span.ZERO), from.get(AT_MOST, 0));
  }

  private Pick pick(Checked from, Verb verb) {
    double share = from.get(SHARE, verb == Verb.PARTIAL_PARTITION ? 0.5 : 1.0);
    if (from.find("node") != null) {
      return index(from, "node", Scope.NODE, from.get(NODE), share);
    }
    for (var scope : Scope.values()) {
      String one = "pick." + scope.name().toLowerCase(Locale.ROOT);
      String many = one + (scope == Scope.SWITCH ? "es" : "s");
      if (from.find(one) != null) {
        return one(from, one, scope, share);
      }
      if (from.find(many) != null) {
        return many(from, many, scope, share);
      }
    }
    return new Pick(Defaults.scope(verb), -1, 1, 0, share);
  }

  private Pick one(Checked from, String path, Scope scope, double share) {
    if (Parsers.text(from.find(path)).filter("any"::equals).isPresent()) {
      return new Pick(scope, -1, 1, 0, share);
    }
    var number =
        new Key<>(path, "any, or a 0-based number", Parsers.count(path, 0, 1_000_000).parser());
    return index(from, path, scope, from.get(number), share);
  }

  private Pick index(Checked from, String path, Scope scope, Integer index, double share) {
    if (index != null && index >= fleet.count(scope)) {
      from.problem(
          path,
          "no such %s: the fleet has %d, numbered from 0"
              .formatted(scope.name().toLowerCase(Locale.ROOT), fleet.count(scope)));
    }
    return new Pick(scope, index == null ? -1 : index, 1, 0, share);
  }

  private Pick many(Checked from, String path, Scope scope, double share) {
    var percent = Values.percent(from.find(path));
    if (percent.isPresent()) {
      return new Pick(scope, -1, 0, percent.get(), share);
    }
    var number =
        new Key<>(
            path,
            "a number of them, or a share such as 2%",
            Parsers.count(path, 1, 1_000_000).parser());
    return new Pick(scope, -1, from.get(number, 1), 0, share);
  }

  private void settings(Checked from, Verb verb) {
    from.get(FOR);
    from.get(AFTER);
    from.get(GAP);
    from.get(SPREAD);
    from.get(TIMES);
    from.get(AT_MOST);
    from.get(DRAW);
    Double factor = from.get(FACTOR);
    Long by = from.get(BY);
    if (verb == null) {
      return;
    }
    boolean takesFactor = verb.setting() == Verb.Setting.FACTOR;
    boolean takesBy = verb.setting() == Verb.Setting.BY;
    if (takesFactor && factor == null || takesBy && by == null) {
      from.problem("do", Defaults.needs(verb));
    } else if (!takesFactor && factor != null) {
      from.problem("factor", verb.text() + " takes no factor");
    } else if (!takesBy && by != null) {
      from.problem("by", verb.text() + " takes no by");
    } else if (takesFactor && !Defaults.accepts(verb, factor)) {
      from.problem("factor", Defaults.needs(verb));
    }
  }
}
