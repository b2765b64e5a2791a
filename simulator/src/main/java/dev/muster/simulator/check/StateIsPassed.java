package dev.muster.simulator.check;

import dev.muster.protocol.message.ToAgent;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/** Whoever enters a group without taking the state from another holds that of its first step. */
final class StateIsPassed extends Invariant {
  private static final int KEPT = 64; // generations; a worker of an older one is long gone

  private final TreeMap<Long, Long> steps = new TreeMap<>(); // newest of each generation
  private final Set<Unsure> inDoubt = new HashSet<>();

  /** Members of a node that hold one step less. */
  private record Unsure(long generation, int node) {}

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    steps.put(form.group().generation().number(), form.startStep());
    if (steps.size() > KEPT) {
      long oldest = steps.pollFirstEntry().getKey();
      inDoubt.removeIf(unsure -> unsure.generation() <= oldest);
    }
  }

  @Override
  public void inDoubt(long nowNs, int node, long generation, int workers) {
    inDoubt.add(new Unsure(generation, node));
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    if (trained.trainedNs() > 0) {
      steps.replace(generation, trained.committed());
    }
  }

  @Override
  public void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {
    long needed = steps.getOrDefault(to, 0L);
    if (!holdState || needed == 0) {
      return;
    }
    long newest = steps.getOrDefault(from, needed);
    long holds = !held ? -1 : inDoubt.contains(new Unsure(from, node)) ? newest - 1 : newest;
    if (holds != needed) {
      violated(
          nowNs,
          "a rank began without the state: node=n%d generation=%d startStep=%d held=%d of generation %d"
              .formatted(node, to, needed, holds, from));
    }
  }
}
