package dev.muster.simulator.fault;

import dev.muster.simulator.LinkQuality;
import dev.muster.simulator.World.Direction;
import dev.muster.simulator.cluster.Cluster;

/** Does a fault to a cluster. */
public final class Strike {
  /** Any start timeout is over before. */
  private static final double NEVER_READY = 10_000;

  private Strike() {}

  /** False when there was nothing to strike. */
  public static boolean strike(Fault fault, Cluster cluster) {
    if (fault.verb().clusterWide()) {
      return wide(fault, cluster);
    }
    boolean struck = false;
    for (int node : fault.nodes()) {
      struck |= node < cluster.size() && node(fault, node, cluster);
    }
    return struck;
  }

  private static boolean wide(Fault fault, Cluster cluster) {
    return switch (fault.verb()) {
      case MASTER_KILL -> cluster.killMaster(fault.forNs());
      case MASTER_PAUSE -> cluster.pauseMaster(fault.forNs());
      case JOURNAL_SLOW -> cluster.slowJournal(fault.factor(), fault.forNs());
      case SPARE_EXHAUSTION -> exhaustSpares(fault, cluster);
      case SLOW_STORAGE -> cluster.slowStorage(fault.factor(), fault.forNs());
      case STORAGE_OUTAGE -> cluster.storageOutage(fault.forNs());
      case CHECKPOINT_CORRUPT -> cluster.damageCheckpoint();
      case CHECKPOINT_MISSING -> cluster.removeCheckpoint();
      default -> throw new IllegalStateException("not for a cluster: " + fault);
    };
  }

  /** There are none, and in that time none becomes ready. */
  private static boolean exhaustSpares(Fault fault, Cluster cluster) {
    boolean struck = false;
    for (int node = 0; node < cluster.size(); node++) {
      cluster.slowStart(node, NEVER_READY, fault.forNs());
      struck |= cluster.crashSpares(node);
    }
    return struck;
  }

  private static boolean node(Fault fault, int node, Cluster cluster) {
    long forNs = fault.forNs();
    return switch (fault.verb()) {
      case CRASH -> cluster.crash(node, fault.draw());
      case HANG -> cluster.hang(node, fault.draw());
      case LAUNCH_REFUSED -> cluster.refuseLaunch(node, forNs);
      case SLOW_START -> cluster.slowStart(node, fault.factor(), forNs);
      case AGENT_KILL -> cluster.killAgent(node, forNs);
      case AGENT_PAUSE -> cluster.pauseAgent(node, forNs);
      case NODE_DOWN, REBOOT -> cluster.nodeDown(node, forNs);
      case MAINTENANCE -> cluster.maintain(node, forNs);
      case FAIL_SLOW -> cluster.slow(node, fault.factor(), forNs);
      case CLOCK_STEP -> cluster.clock(node, fault.byNs(), 1, forNs);
      case CLOCK_DRIFT -> cluster.clock(node, 0, fault.factor(), forNs);
      case PARTITION -> cluster.partition(node, Direction.BOTH, forNs);
      case PARTITION_IN -> cluster.partition(node, Direction.IN, forNs);
      case PARTITION_OUT -> cluster.partition(node, Direction.OUT, forNs);
      case SNAPSHOT_CORRUPT -> cluster.damageSnapshot(node, fault.draw());
      case LINK_DELAY -> cluster.impair(node, new LinkQuality(fault.byNs(), 0), forNs);
      case LINK_LOSS -> cluster.impair(node, new LinkQuality(0, fault.factor()), forNs);
      default -> throw new IllegalStateException("not for a node: " + fault);
    };
  }
}
