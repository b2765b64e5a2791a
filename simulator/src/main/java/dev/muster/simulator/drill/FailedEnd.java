package dev.muster.simulator.drill;

import dev.muster.protocol.core.CounterRandom;
import dev.muster.simulator.World;
import dev.muster.simulator.cluster.Cluster;
import java.util.Optional;

/**
 * The end of a drill whose job makes checkpoints: a trainer throws wherever it runs from then on,
 * and asks never to be restarted; nothing else happens or one fault more, and the storage must hold
 * what memory held whole.
 */
final class FailedEnd {
  private static final String STREAM = "failed-end";

  /** Beside the trainer's failure, at a moment of the following second. */
  private enum Also {
    NOTHING,
    CRASH,
    AGENT_KILLED,
    HOST_DOWN,
    LINK_CUT,
    MASTER_KILLED
  }

  /** Longer than the master may take. */
  private static final long LIMIT_NS = 400_000_000_000L;

  private static final long SOON_NS = 1_000_000_000L;
  private static final long BACK_NS = 2_000_000_000L;
  private static final long AGAIN_NS = 10_000_000_000L; // once more has come that far

  private final World world;
  private final Cluster cluster;
  private final boolean killsMaster;

  /**
   * @param killsMaster whether its journal is kept
   */
  FailedEnd(World world, Cluster cluster, boolean killsMaster) {
    this.world = world;
    this.cluster = cluster;
    this.killsMaster = killsMaster;
  }

  /** Plays it; what is wrong, in words. */
  Optional<String> play() {
    var also = also();
    int node = (int) Math.floorMod(draw(1), (long) cluster.size());
    long expected = cluster.newestWhole(loses(also) ? node : -1);
    if (!cluster.failTrainer(draw(2))) {
      return Optional.empty(); // nobody trains
    }
    world.after(Math.floorMod(draw(3), SOON_NS), () -> strike(also, node));
    world.after(AGAIN_NS, this::failAgain);
    boolean ended = world.runUntil(() -> cluster.result() != null, world.nowNs() + LIMIT_NS);
    if (!ended) {
      return Optional.of("the job does not end though its trainer has failed: " + also);
    }
    return cluster.newestStored() >= expected
        ? Optional.empty()
        : Optional.of(
            "a job that failed is not on storage as memory held it: also=%s expectedStep=%d storedStep=%d"
                .formatted(also, expected, cluster.newestStored()));
  }

  /** Whose first failure nobody was left to tell of. */
  private void failAgain() {
    if (cluster.result() == null) {
      cluster.failTrainer(draw(2));
      world.after(AGAIN_NS, this::failAgain);
    }
  }

  private Also also() {
    var all = Also.values();
    var drawn = all[(int) Math.floorMod(draw(0), (long) all.length)];
    return drawn == Also.MASTER_KILLED && !killsMaster ? Also.NOTHING : drawn;
  }

  private long draw(long index) {
    return CounterRandom.mix(world.seed(), STREAM, 0, index);
  }

  /** Whether that host's memory is no matter, as the master need not wait for it. */
  private static boolean loses(Also also) {
    return switch (also) {
      case AGENT_KILLED, HOST_DOWN, LINK_CUT -> true;
      case NOTHING, CRASH, MASTER_KILLED -> false;
    };
  }

  private void strike(Also also, int node) {
    if (cluster.result() != null) {
      return;
    }
    switch (also) {
      case NOTHING -> {}
      case CRASH -> cluster.crash(node, draw(4));
      case AGENT_KILLED -> cluster.killAgent(node, BACK_NS);
      case HOST_DOWN -> cluster.nodeDown(node, BACK_NS);
      case LINK_CUT -> cluster.partition(node, BACK_NS);
      case MASTER_KILLED -> cluster.killMaster(BACK_NS);
    }
  }
}
