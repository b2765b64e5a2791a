package dev.muster.simulator.check;

import dev.muster.protocol.message.ToAgent;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * No group is ordered to begin below a step that a living worker holds. Counts, for each generation
 * that is still in some memory, how many workers hold its newest step.
 */
final class CommittedStepsKept extends Invariant {
  private final boolean sharded;
  private final TreeMap<Long, Held> generations = new TreeMap<>();

  private static final class Held {
    final int worldSize;
    final Set<Integer> inDoubt = new HashSet<>(); // nodes whose workers do not hold that step
    long step;
    long holders;

    Held(int worldSize, long step) {
      this.worldSize = worldSize;
      this.step = step;
    }
  }

  /**
   * @param sharded no worker holds all of a state, so nothing is promised for single ones
   */
  CommittedStepsKept(boolean sharded) {
    this.sharded = sharded;
  }

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    generations.values().removeIf(held -> held.holders <= 0);
    for (var held : generations.entrySet()) {
      if (!sharded && form.startStep() < held.getValue().step) {
        violated(nowNs, givenUp(form, held));
      }
    }
    generations.put(
        form.group().generation().number(), new Held(form.group().worldSize(), form.startStep()));
  }

  private static String givenUp(ToAgent.Form form, Map.Entry<Long, Held> held) {
    return "committed steps were given up: generation=%s startStep=%d held=%d by=%d workers of generation %d"
        .formatted(
            form.group().generation(),
            form.startStep(),
            held.getValue().step,
            held.getValue().holders,
            held.getKey());
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    var held = generations.get(generation);
    if (held != null) {
      held.step = startStep;
      held.holders = held.worldSize;
    }
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    var held = generations.get(generation);
    if (held != null && trained.trainedNs() > 0) {
      held.step = trained.committed();
    }
  }

  @Override
  public void inDoubt(long nowNs, int node, long generation, int workers) {
    add(generation, node, -workers);
    var held = generations.get(generation);
    if (held != null) {
      held.inDoubt.add(node);
    }
  }

  @Override
  public void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {
    add(from, node, held ? -workers : 0);
    add(to, node, holdState ? workers : 0);
  }

  @Override
  public void hung(long nowNs, int node, long generation, boolean held) {
    add(generation, node, held ? -1 : 0);
  }

  @Override
  public void ended(long nowNs, int node, long condition, boolean held) {
    add(condition, node, held ? -1 : 0);
  }

  private void add(long generation, int node, int holders) {
    var held = generations.get(generation);
    if (held != null && !held.inDoubt.contains(node)) {
      held.holders += holders;
    }
  }
}
