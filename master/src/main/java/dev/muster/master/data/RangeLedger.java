package dev.muster.master.data;

import dev.muster.protocol.Generation;
import java.util.Optional;

/**
 * Who uses which part of the data in which step; an immutable value, and {@link #decide} the whole
 * rule.
 *
 * <p>For workers of unequal speed and consumers outside the group, each of which takes the next
 * range when it has room. (Where all ranks share each step by a fixed rule, the worker's sampler
 * needs no ledger.) Promises:
 *
 * <ol>
 *   <li>A position is done when a step that used it is committed, and only then; each position of
 *       an epoch is done exactly once.
 *   <li>A step that is done again is given what it used before, first of all.
 *   <li>What a lost consumer held is handed out again before anything fresh, in its order.
 *   <li>Nothing is dropped: a range that keeps failing stops the job.
 *   <li>The order of hand-out is a function of the seed and the events.
 * </ol>
 *
 * <p>Epochs overlap at their ends: fresh ranges of the next one are handed out while the last of
 * the former are still held, so that nobody waits for the slowest.
 *
 * @param maxFailures of one range that stop the job, at least 1; too small: a flaky read ends it,
 *     too large: hours of retries
 * @param committed last committed step, 0 before the first
 */
public record RangeLedger(
    Dataset dataset,
    int maxFailures,
    Generation generation,
    long committed,
    Cursor cursor,
    Books books) {

  public RangeLedger {
    if (maxFailures < 1) {
      throw new IllegalArgumentException("maxFailures below 1: maxFailures=" + maxFailures);
    }
  }

  public static RangeLedger start(Dataset dataset, int maxFailures, Generation generation) {
    return new RangeLedger(
        dataset, maxFailures, generation, 0, Cursor.start(dataset), Books.empty());
  }

  /** The ledger as a checkpoint of it says; nobody holds anything. */
  public static RangeLedger restore(
      Dataset dataset, int maxFailures, Generation generation, LedgerState state) {
    var books =
        new Books(
            Shelf.<Long>empty().with(Books.ANY_STEP, state.outstanding()),
            Shelf.empty(),
            Shelf.empty());
    return new RangeLedger(dataset, maxFailures, generation, state.step(), state.cursor(), books);
  }

  /** For the checkpoint of the last committed step; to be taken before the next one commits. */
  public LedgerState state() {
    return LedgerState.of(committed, cursor, books.all());
  }

  /** Positions that a step uses which is not committed. */
  public long usedIn(long step) {
    return books.used().of(step).stream().mapToLong(piece -> piece.range().count()).sum();
  }

  /** Positions of an epoch that are done. */
  public long doneIn(long epoch) {
    return cursor.cutIn(epoch)
        - books
            .all()
            .map(Piece::range)
            .filter(range -> range.epoch() == epoch)
            .mapToLong(Range::count)
            .sum();
  }

  public Ruling decide(RangeEvent event) {
    return switch (event) {
      case RangeEvent.Take take ->
          stale(take.generation(), take.step()).orElseGet(() -> take(take));
      case RangeEvent.Used used -> stale(used.generation(), used.step()).orElseGet(() -> use(used));
      case RangeEvent.Failed f -> stale(f.generation(), committed + 1).orElseGet(() -> fail(f));
      case RangeEvent.GivenBack g ->
          stale(g.generation(), committed + 1).orElseGet(() -> giveBack(g));
      case RangeEvent.Unused u -> stale(u.generation(), u.step()).orElseGet(() -> unused(u));
      case RangeEvent.Committed c -> stale(c.generation(), c.step()).orElseGet(() -> commit(c));
      case RangeEvent.Lost lost -> lose(lost);
      case RangeEvent.Revoked revoked -> revoke(revoked);
      case RangeEvent.Offered offered -> offer(offered);
    };
  }

  private Optional<Ruling> stale(Generation named, long step) {
    if (!named.equals(generation)) {
      return Optional.of(refuse("generation: expected=" + generation + " actual=" + named));
    }
    return step > committed
        ? Optional.empty()
        : Optional.of(refuse("step is committed: step=" + step + " committed=" + committed));
  }

  private Ruling take(RangeEvent.Take take) {
    long size = Math.min(dataset.rangeSize(), take.atMost());
    var waiting = books.waitingFor(take.step());
    if (waiting.isPresent()) {
      Range range = waiting.get().piece().first(size);
      return new Ruling.Leased(
          with(cursor, books.lendAgain(take.consumer(), waiting.get(), range)),
          range,
          "handed out again to consumer=" + take.consumer() + " range=" + range);
    }
    return cursor.cut(dataset, size).map(cut -> lendFresh(take, cut)).orElseGet(this::nothingLeft);
  }

  private Ruling lendFresh(RangeEvent.Take take, Cursor.Cut cut) {
    return new Ruling.Leased(
        with(cut.cursor(), books.lendFresh(take.consumer(), cut.range())),
        cut.range(),
        "handed out to consumer=" + take.consumer() + " range=" + cut.range());
  }

  private Ruling nothingLeft() {
    long held = books.all().mapToLong(piece -> piece.range().count()).sum();
    return held == 0 && dataset instanceof Dataset.Indices
        ? new Ruling.Exhausted(this, "all is committed: step=" + committed)
        : new Ruling.Wait(
            this,
            "nothing to hand out: held="
                + held
                + " keptForSteps="
                + books.waiting().byKey().keySet());
  }

  private Ruling use(RangeEvent.Used used) {
    return books
        .leaseOf(used.consumer(), used.range())
        .<Ruling>map(lease ->
            new Ruling.Noted(
                with(cursor, books.use(used.consumer(), lease, used.step(), used.range())),
                "step=" + used.step() + " uses range=" + used.range()))
        .orElseGet(() -> notHeld(used.consumer(), used.range()));
  }

  private Ruling fail(RangeEvent.Failed failed) {
    Range range = failed.range();
    var lease = books.leaseOf(failed.consumer(), range);
    if (lease.isPresent()) {
      var next = books.failLeased(failed.consumer(), lease.get(), range);
      return judge(failed, lease.get().failures() + 1, with(cursor, next));
    }
    return books
        .useOf(range)
        .map(use ->
            judge(failed, use.piece().failures() + 1, with(cursor, books.failUsed(use, range))))
        .orElseGet(() -> notHeld(failed.consumer(), range));
  }

  private Ruling giveBack(RangeEvent.GivenBack back) {
    Range range = back.range();
    return books
        .leaseOf(back.consumer(), range)
        .<Ruling>map(lease ->
            new Ruling.Noted(
                with(cursor, books.giveBack(back.consumer(), lease, range)),
                "consumer=" + back.consumer() + " gave back range=" + range))
        .orElseGet(() -> notHeld(back.consumer(), range));
  }

  private Ruling unused(RangeEvent.Unused unused) {
    Range range = unused.range();
    return books
        .useOf(range)
        .filter(use -> use.key() == unused.step())
        .<Ruling>map(use ->
            new Ruling.Noted(
                with(cursor, books.giveBack(use, range)),
                "step=" + unused.step() + " does not use range=" + range))
        .orElseGet(() -> refuse("step=" + unused.step() + " does not use range=" + range));
  }

  private Ruling judge(RangeEvent.Failed failed, int failures, RangeLedger next) {
    String state =
        "range failed: range="
            + failed.range()
            + " consumer="
            + failed.consumer()
            + " failures="
            + failures
            + " maxFailures="
            + maxFailures
            + " error="
            + failed.error();
    return failures < maxFailures
        ? new Ruling.Noted(next, state + "; it is handed out again")
        : new Ruling.Stop(next, failed.range(), state + "; stopping, look at these samples");
  }

  private Ruling commit(RangeEvent.Committed event) {
    var next =
        new RangeLedger(
            dataset, maxFailures, generation, event.step(), cursor, books.commit(event.step()));
    return new Ruling.Noted(next, "committed step=" + event.step());
  }

  private Ruling lose(RangeEvent.Lost lost) {
    int leases = books.leased().of(lost.consumer()).size();
    return new Ruling.Noted(
        with(cursor, books.giveBack(lost.consumer())),
        "lost consumer=" + lost.consumer() + " leases=" + leases + " go back");
  }

  private Ruling revoke(RangeEvent.Revoked revoked) {
    if (!generation.isBefore(revoked.next())) {
      return refuse("generation: expected above " + generation + " actual=" + revoked.next());
    }
    if (revoked.committed() < committed) {
      return refuse(
          "committed went back: expected="
              + committed
              + " actual="
              + revoked.committed()
              + "; an older step is restored from its checkpoint");
    }
    var next = books.commit(revoked.committed()).revoke();
    return new Ruling.Noted(
        new RangeLedger(dataset, maxFailures, revoked.next(), revoked.committed(), cursor, next),
        "generation=" + revoked.next() + " does again what follows step=" + revoked.committed());
  }

  private Ruling offer(RangeEvent.Offered offered) {
    if (!(dataset instanceof Dataset.Stream stream) || offered.partition() > stream.partitions()) {
      return refuse("no such partition: partition=" + offered.partition());
    }
    int partitions = Math.max(stream.partitions(), offered.partition() + 1);
    var next =
        new RangeLedger(
            new Dataset.Stream(partitions, stream.rangeSize()),
            maxFailures,
            generation,
            committed,
            cursor.widen(partitions).offer(offered.partition(), offered.end()),
            books);
    return new Ruling.Noted(
        next, "partition=" + offered.partition() + " is there up to end=" + offered.end());
  }

  private Ruling notHeld(Consumer consumer, Range range) {
    return refuse("consumer=" + consumer + " does not hold range=" + range);
  }

  private Ruling refuse(String reason) {
    return new Ruling.Refused(this, reason);
  }

  private RangeLedger with(Cursor nextCursor, Books nextBooks) {
    return new RangeLedger(dataset, maxFailures, generation, committed, nextCursor, nextBooks);
  }
}
