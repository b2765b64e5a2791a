package dev.muster.simulator.data;

import dev.muster.master.data.Consumer;
import dev.muster.master.data.StepRanges;
import dev.muster.protocol.Generation;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.worker.data.Sampler;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The same history with ranks that take ranges of each step, at speeds of their own: the master's
 * ranges, asked in a drawn order. Each group begins with those of its start step, and is lost
 * within a step that it has begun.
 */
final class LeasedOrder {
  private static final int RANGE_MAX = 16;
  private static final int SPEED_MAX = 8;

  private final Sampler sampler;
  private final long seed;
  private final int rangeSize;
  private final List<String> findings = new ArrayList<>();
  private long draws;
  private long ranges;

  private LeasedOrder(Sampler sampler, long seed) {
    this.sampler = sampler;
    this.seed = seed;
    this.rangeSize = 1 + draw(RANGE_MAX);
  }

  /**
   * @param runs in order
   */
  static LeasedOrder of(Sampler sampler, long seed, List<GroupRun> runs) {
    var order = new LeasedOrder(sampler, seed);
    runs.forEach(order::run);
    return order;
  }

  private int draw(int bound) {
    return (int) Math.floorMod(CounterRandom.mix(seed, "leased-order", draws++, 0), (long) bound);
  }

  private void run(GroupRun run) {
    var group = new StepRanges(new Generation(run.generation()), run.from(), sampler, rangeSize);
    var members = members(run);
    for (long step = run.from() + 1; step <= run.to(); step++) {
      takeAll(group, members, step);
    }
    if (draw(2) == 0) { // of a step that was never committed
      group.take(members.getFirst(), run.to() + 1, 0);
    }
  }

  /** Each as often as it is fast. */
  private List<Consumer> members(GroupRun run) {
    return IntStream.range(0, run.worldSize())
        .mapToObj(rank -> new Consumer("rank " + rank))
        .flatMap(member -> IntStream.rangeClosed(0, draw(SPEED_MAX)).mapToObj(i -> member))
        .toList();
  }

  /** Until the step has none left. */
  private void takeAll(StepRanges group, List<Consumer> members, long step) {
    var batch = sampler.batch(step);
    var seen = new BitSet();
    var requests = new HashMap<Consumer, Integer>();
    for (int taken = 1; taken > 0; ) {
      var member = members.get(draw(members.size()));
      int request = requests.merge(member, 1, Integer::sum) - 1;
      var lent = group.take(member, step, request).orElseThrow();
      taken = lent.count();
      ranges += taken > 0 ? 1 : 0;
      mark(seen, batch, lent);
    }
    if (seen.cardinality() != batch.count()) {
      findings.add("a step was not lent whole: step=" + step + " " + batch + " seen=" + seen);
    }
  }

  private void mark(BitSet seen, Sampler.Batch batch, StepRanges.Lent lent) {
    int from = (int) (lent.from() - batch.from());
    boolean within =
        lent.epoch() == batch.epoch() && from >= 0 && from + lent.count() <= batch.count();
    if (!within || !seen.get(from, from + lent.count()).isEmpty()) {
      findings.add("lent twice, or of another step: " + lent + " " + batch);
    } else {
      seen.set(from, from + lent.count());
    }
  }

  /** How many were lent. */
  long ranges() {
    return ranges;
  }

  List<String> findings() {
    return findings;
  }
}
