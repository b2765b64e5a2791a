package dev.muster.simulator.data;

import dev.muster.protocol.core.CounterRandom;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.RandomCheckpoints;
import dev.muster.simulator.drill.Verdict;
import dev.muster.worker.data.Sampler;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * One random history of a job's members, and the samples they used: workers die, hosts and masters
 * go and come back, groups shrink and grow, states are restored. Data set and batch are drawn, too,
 * and rarely divide.
 *
 * @param worlds sizes of the groups of the final history, in order
 * @param groups that trained
 * @param redone committed steps that a later group made again
 * @param used samples in the final history
 * @param digest of the order in which it used them, rank by rank
 * @param ranges lent for the same steps, had its ranks taken them
 * @param findings what is not as it must be; empty when all is
 */
public record MembershipHistory(
    long seed,
    Sampler sampler,
    List<Integer> worlds,
    long steps,
    int groups,
    long redone,
    long used,
    long epochs,
    long digest,
    long ranges,
    List<String> findings) {
  private static final int SAMPLES_MAX = 4_000;
  private static final int BATCH_MAX = 64;

  /** The same seed gives the same history. */
  public static MembershipHistory of(long seed) {
    var drill = DrillReader.parse(drill(seed));
    var world = new CommittedRuns();
    var taps = new ArrayList<JournalTap>();
    var outcome =
        DrillRun.play(
            drill,
            drill.plan(seed),
            true,
            w -> {
              taps.add(new JournalTap(Hosts.cores(w)));
              return taps.getFirst();
            },
            true,
            world);
    world.end(outcome.steps());
    var order = Order.of(sampler(seed), world.runs());
    var findings = new ArrayList<>(Verdict.of(drill, outcome).broken());
    findings.addAll(world.findings());
    findings.addAll(order.findings());
    var leased = LeasedOrder.of(sampler(seed), seed, world.runs());
    findings.addAll(leased.findings());
    var journaled = JournaledRuns.of(taps.getFirst().entries(), world.head());
    if (Order.of(sampler(seed), journaled).digest() != order.digest()) {
      findings.add("another order: world=" + world.runs() + " journal=" + journaled);
    }
    return new MembershipHistory(
        seed,
        sampler(seed),
        world.runs().stream().map(GroupRun::worldSize).toList(),
        world.head(),
        world.groups(),
        world.redone(),
        order.used(),
        order.epochs(),
        order.digest(),
        leased.ranges(),
        Collections.unmodifiableList(findings));
  }

  /** What is played, as a drill file: in every second one, all slots have a member. */
  public static String drill(long seed) {
    return seed % 2 == 0 ? RandomCheckpoints.crowdedText(seed) : RandomCheckpoints.text(seed);
  }

  private static Sampler sampler(long seed) {
    return new Sampler(seed, draw(seed, 0, SAMPLES_MAX), (int) draw(seed, 1, BATCH_MAX));
  }

  private static long draw(long seed, int index, int max) {
    return 1 + Math.floorMod(CounterRandom.mix(seed, "membership-history", index, 0), (long) max);
  }

  /** One line for a person. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "seed %d: %d samples in steps of %d; groups %d, worlds %s, steps %d, redone %d; used %d in"
            + " %d epochs, order %016x, %d ranges",
        seed,
        sampler.samples(),
        sampler.globalBatch(),
        groups,
        worlds,
        steps,
        redone,
        used,
        epochs,
        digest,
        ranges);
  }

  /** Of many histories. */
  public record Sum(
      long histories, long resized, long groups, long redone, long used, long ranges) {
    public static final Sum NONE = new Sum(0, 0, 0, 0, 0, 0);

    public Sum plus(MembershipHistory one) {
      return new Sum(
          histories + 1,
          resized + (one.worlds.stream().distinct().count() > 1 ? 1 : 0),
          groups + one.groups,
          redone + one.redone,
          used + one.used,
          ranges + one.ranges);
    }

    /** One line for a person. */
    public String text() {
      return String.format(
          Locale.ROOT,
          "histories %d, of more than one world size %d; groups %d; committed steps that were given"
              + " up and made again %d; samples used %d by shares, and again in %d ranges",
          histories,
          resized,
          groups,
          redone,
          used,
          ranges);
    }
  }
}
