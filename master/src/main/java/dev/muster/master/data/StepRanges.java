package dev.muster.master.data;

import dev.muster.protocol.Generation;
import dev.muster.worker.data.Sampler;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The ranges that the members of one generation take in its steps. A step uses the samples that the
 * {@link Sampler} gives it, whoever takes them; so the ledger after a step is a function of the
 * step, and each generation begins with that of its first one. Not thread-safe, not journaled:
 * nothing of it outlives its generation.
 *
 * <p>A member begins a step only when the one before is committed, and no step is committed before
 * each member has computed what it took: so taking is using, and the first to take for a step says
 * that all before are committed.
 */
public final class StepRanges {
  /** Nothing is reported as failed here. */
  private static final int MAX_FAILURES = 1;

  private final Sampler sampler;
  private final Generation generation;
  private final Map<Consumer, Lent> last = new TreeMap<>();
  private RangeLedger ledger;

  /**
   * What a member may use.
   *
   * @param request number of it within the step
   * @param count of positions from {@code from} on; 0: the step has none left
   */
  public record Lent(long step, int request, long epoch, long from, int count) {}

  /**
   * @param step the last committed one
   * @param rangeSize most positions that are lent at once
   */
  public StepRanges(Generation generation, long step, Sampler sampler, int rangeSize) {
    this.sampler = sampler;
    this.generation = generation;
    var dataset = new Dataset.Indices(sampler.samples(), rangeSize, 0, true, sampler.seed());
    this.ledger = RangeLedger.restore(dataset, MAX_FAILURES, generation, after(step, sampler));
  }

  private static LedgerState after(long step, Sampler sampler) {
    var next = sampler.batch(step + 1);
    var cursor = new Cursor(next.epoch(), 0, List.of(next.from()), List.of(sampler.samples()));
    return new LedgerState(step, cursor, List.of());
  }

  public Sampler sampler() {
    return sampler;
  }

  /**
   * The answer to a member's request; the same again when it asks again.
   *
   * @return empty when it asks for a step that is over, or out of turn
   */
  public Optional<Lent> take(Consumer member, long step, int request) {
    var before = last.get(member);
    if (before != null && before.step() == step && before.request() == request) {
      return Optional.of(before);
    }
    if (step <= ledger.committed() || !inTurn(before, step, request)) {
      return Optional.empty();
    }
    var lent = lend(member, step, request);
    last.put(member, lent);
    return Optional.of(lent);
  }

  private static boolean inTurn(Lent before, long step, int request) {
    boolean sameStep = before != null && before.step() == step;
    return request == (sameStep ? before.request() + 1 : 0);
  }

  private Lent lend(Consumer member, long step, int request) {
    if (step - 1 > ledger.committed()) {
      ledger = ledger.decide(new RangeEvent.Committed(generation, step - 1)).ledger();
    }
    var batch = sampler.batch(step);
    long left = batch.count() - ledger.usedIn(step);
    if (left == 0) {
      return new Lent(step, request, batch.epoch(), batch.from() + batch.count(), 0);
    }
    var range = range(ledger.decide(new RangeEvent.Take(member, generation, step, left)));
    ledger = ledger.decide(new RangeEvent.Used(member, generation, step, range)).ledger();
    return new Lent(step, request, range.epoch(), range.from(), (int) range.count());
  }

  private Range range(Ruling ruling) {
    if (ruling instanceof Ruling.Leased leased) {
      ledger = leased.ledger();
      return leased.range();
    }
    throw new IllegalStateException("a step has samples left and none are lent: " + ruling);
  }
}
