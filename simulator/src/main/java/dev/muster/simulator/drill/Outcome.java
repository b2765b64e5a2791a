package dev.muster.simulator.drill;

import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.account.Account;
import dev.muster.simulator.fault.Plan;
import java.util.List;
import java.util.Map;

/**
 * What one seed of a drill showed.
 *
 * @param steps committed at the horizon, or at the end of the job
 * @param goodput share of the horizon in which steps that count were computed
 * @param lateGroups that did not step in time
 * @param told faults that happened, with their time
 * @param violations broken invariants, in words; empty when all held
 * @param end why the job ended before the horizon, empty when it did not
 * @param provoked whether the faults of the drill asked for that end, see {@link Provoked}
 * @param traceHash equal for equal histories
 * @param events that cores handled, without those that were computed instead
 * @param account where the time of the fleet went
 * @param buggified how often each rare way was taken, without those that never were
 * @param played the faults that struck, as a plan that gives the same history
 */
public record Outcome(
    long seed,
    long steps,
    double goodput,
    long generations,
    long lateGroups,
    List<Recovery> recoveries,
    List<String> told,
    List<String> violations,
    String end,
    boolean provoked,
    long traceHash,
    long events,
    Account account,
    Map<Buggify, Long> buggified,
    Plan played) {}
