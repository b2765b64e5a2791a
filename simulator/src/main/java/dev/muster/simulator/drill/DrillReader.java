package dev.muster.simulator.drill;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import dev.muster.simulator.cluster.Costs;
import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Reads drill files (HOCON). Every key has a default but faults; an unknown one is an error. */
public final class DrillReader {
  private static final String DEFAULTS =
      """
      drill = unnamed
      horizon = 1h
      fleet { nodes = 8, slots = 9 }
      job { workers = 64, min-workers = 1, spares = 4, step = 1s, start = 2s, restore = 30ms }
      expect { goodput = 0 }
      """;
  private static final Set<String> FAULT_KEYS = Set.of("do", "at", "every", "node", "for");

  private DrillReader() {}

  /**
   * @throws DrillException the file cannot be read, or a key or value is wrong
   */
  public static Drill read(File file) {
    if (!file.isFile()) {
      throw new DrillException("no such drill: file=" + file);
    }
    return read(() -> ConfigFactory.parseFile(file, ConfigParseOptions.defaults()));
  }

  static Drill parse(String text) {
    return read(() -> ConfigFactory.parseString(text));
  }

  private static Drill read(java.util.function.Supplier<Config> source) {
    try {
      var own = source.get();
      var defaults = ConfigFactory.parseString(DEFAULTS);
      requireKnown(own, defaults);
      return drill(own.withFallback(defaults).resolve());
    } catch (ConfigException e) {
      throw new DrillException("bad drill: " + e.getMessage());
    }
  }

  private static void requireKnown(Config own, Config defaults) {
    var known = new TreeSet<String>();
    defaults.entrySet().forEach(entry -> known.add(entry.getKey()));
    for (Map.Entry<String, com.typesafe.config.ConfigValue> entry : own.entrySet()) {
      if (!known.contains(entry.getKey()) && !entry.getKey().equals("faults")) {
        throw new DrillException(
            "unknown key: key="
                + entry.getKey()
                + " at="
                + entry.getValue().origin().description()
                + "; known: "
                + known
                + " and faults");
      }
    }
  }

  private static Drill drill(Config c) {
    var costs =
        new Costs(
            ns(c, "job.step"),
            ns(c, "job.start"),
            Costs.DEFAULT.joinNs(),
            Costs.DEFAULT.joinPerRankNs(),
            ns(c, "job.restore"),
            Costs.DEFAULT.noticeNs());
    int nodes = count(c, "fleet.nodes");
    int slots = count(c, "fleet.slots");
    int workers = count(c, "job.workers");
    if (workers > nodes * slots) {
      throw new DrillException(
          "not enough slots: job.workers="
              + workers
              + " fleet.nodes x fleet.slots="
              + nodes * slots);
    }
    List<? extends Config> faults = c.hasPath("faults") ? c.getConfigList("faults") : List.of();
    return new Drill(
        c.getString("drill"),
        ns(c, "horizon"),
        nodes,
        slots,
        workers,
        count(c, "job.min-workers"),
        c.getInt("job.spares"),
        costs,
        faults.stream().map(f -> fault(f, nodes)).toList(),
        c.getDouble("expect.goodput"));
  }

  private static Fault fault(Config f, int nodes) {
    for (var entry : f.entrySet()) {
      if (!FAULT_KEYS.contains(ConfigUtil.splitPath(entry.getKey()).getFirst())) {
        throw new DrillException(
            "unknown key of a fault: key="
                + entry.getKey()
                + " at="
                + entry.getValue().origin().description()
                + "; known: "
                + new TreeSet<>(FAULT_KEYS));
      }
    }
    String text = f.getString("do");
    var verb =
        Fault.Verb.of(text)
            .orElseThrow(() ->
                new DrillException(
                    "a drill cannot do this yet: do="
                        + text
                        + " at="
                        + f.getValue("do").origin().description()
                        + "; it can: "
                        + java.util.Arrays.stream(Fault.Verb.values())
                            .map(Fault.Verb::text)
                            .toList()));
    if (f.hasPath("at") == f.hasPath("every")) {
      throw new DrillException("a fault needs either at or every: do=" + text);
    }
    int node = f.hasPath("node") ? f.getInt("node") : -1;
    if (node >= nodes) {
      throw new DrillException(
          "no such node: do=" + text + " node=" + node + " fleet.nodes=" + nodes);
    }
    return new Fault(
        verb,
        f.hasPath("at") ? ns(f, "at") : -1,
        f.hasPath("every") ? Math.max(1, ns(f, "every")) : 0,
        node,
        f.hasPath("for") ? ns(f, "for") : 0);
  }

  private static long ns(Config c, String key) {
    return c.getDuration(key, TimeUnit.NANOSECONDS);
  }

  private static int count(Config c, String key) {
    int value = c.getInt(key);
    if (value < 1) {
      throw new DrillException("expected at least 1: key=" + key + " actual=" + value);
    }
    return value;
  }
}
