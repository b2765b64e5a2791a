package dev.muster.simulator.fault;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What can be done to a cluster. Some verbs are what a plan consists of, some stand for several of
 * those, and some are known but refused until Muster can do what they need.
 */
public enum Verb {
  // ---- processes
  CRASH,
  HANG,
  SPARE_EXHAUSTION(Kind.CLUSTER),
  LAUNCH_REFUSED,
  SLOW_START(Setting.FACTOR),
  // ---- hosts
  AGENT_KILL,
  AGENT_PAUSE,
  NODE_DOWN,
  REBOOT,
  MAINTENANCE,
  FAIL_SLOW(Setting.FACTOR),
  CLOCK_STEP(Setting.BY),
  CLOCK_DRIFT(Setting.FACTOR),
  // ---- the network between a node and the master
  PARTITION,
  PARTITION_IN,
  PARTITION_OUT,
  LINK_DELAY(Setting.BY),
  LINK_LOSS(Setting.FACTOR),
  // ---- the master
  MASTER_KILL(Kind.CLUSTER),
  MASTER_PAUSE(Kind.CLUSTER),
  JOURNAL_SLOW(Kind.CLUSTER, Setting.FACTOR),
  // ---- what the job has saved
  SNAPSHOT_CORRUPT,
  SLOW_STORAGE(Kind.CLUSTER, Setting.FACTOR),
  STORAGE_OUTAGE(Kind.CLUSTER),
  CHECKPOINT_CORRUPT(Kind.CLUSTER),
  CHECKPOINT_MISSING(Kind.CLUSTER),
  // ---- several of the above
  PARTIAL_PARTITION(Kind.COMPOSITE),
  RACK_DOWN(Kind.COMPOSITE),
  SWITCH_DOWN(Kind.COMPOSITE),
  POWER_LOSS(Kind.COMPOSITE),
  SWIZZLE(Kind.COMPOSITE),
  LINK_FLAP(Kind.COMPOSITE),
  LEMON(Kind.COMPOSITE),
  // ---- not yet
  GPU_LOST("health signals of devices"),
  ECC_ERROR("health signals of devices, and draining a node on one"),
  XID("health signals of devices, and draining a node on one"),
  NODE_BACK_WITH_OLD_STATE("state that outlives a host: checkpoints on its disk"),
  DATA_PARTITION(
      "links between workers in the world model; use hang for a group that stands still"),
  SLOW_LINK("links between workers in the world model; use fail-slow for a group that is slowed"),
  SILENT_CORRUPTION("checks of what a step computed"),
  DUPLICATE("links that deliver a copy: those of production are TCP-like, no core ever sees one"),
  JOURNAL_TORN("a journal whose entries can be damaged"),
  JOURNAL_TAIL_LOST("a journal that forgets what it called durable"),
  MASTER_FAILOVER("several masters; use master-kill for one that is resumed"),
  SLOW_SCHEDULER("an outer scheduler that hands out nodes; use slow-start for late processes"),
  ROLLING_UPGRADE("masters and agents of several versions in one run");

  /** What a verb strikes, or stands for. */
  private enum Kind {
    NODE,
    CLUSTER,
    COMPOSITE,
    REFUSED
  }

  /** A number that the verb cannot do without. */
  public enum Setting {
    NONE,
    /** {@code factor = 0.5} */
    FACTOR,
    /** {@code by = 30ms} */
    BY
  }

  private final Kind kind;
  private final Setting setting;
  private final String needs;

  Verb() {
    this(Kind.NODE, Setting.NONE, "");
  }

  Verb(Setting setting) {
    this(Kind.NODE, setting, "");
  }

  Verb(Kind kind) {
    this(kind, Setting.NONE, "");
  }

  Verb(Kind kind, Setting setting) {
    this(kind, setting, "");
  }

  Verb(String needs) {
    this(Kind.REFUSED, Setting.NONE, needs);
  }

  Verb(Kind kind, Setting setting, String needs) {
    this.kind = kind;
    this.setting = setting;
    this.needs = needs;
  }

  /** As it is written: {@code node-down}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public static Optional<Verb> of(String text) {
    return Arrays.stream(values()).filter(verb -> verb.text().equals(text)).findFirst();
  }

  /** Those that a drill may use. */
  public static List<Verb> usable() {
    return Arrays.stream(values()).filter(verb -> !verb.refused()).toList();
  }

  /** Whether it is known but cannot be done yet. */
  public boolean refused() {
    return kind == Kind.REFUSED;
  }

  /** What Muster would need to do it; empty when it can. */
  public String needs() {
    return needs;
  }

  /** Whether it strikes what only a job has that makes checkpoints of its own. */
  public boolean ofSaved() {
    return compareTo(SNAPSHOT_CORRUPT) >= 0 && compareTo(CHECKPOINT_MISSING) <= 0;
  }

  /** Whether it stands for several others, and so is never part of a plan. */
  public boolean composite() {
    return kind == Kind.COMPOSITE;
  }

  /** Whether it strikes no node in particular. */
  public boolean clusterWide() {
    return kind == Kind.CLUSTER;
  }

  public Setting setting() {
    return setting;
  }
}
