package dev.muster.master.data;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where every piece is that was handed out and is not done; immutable. Done is what was cut and is
 * on no shelf, so nothing can get lost without being counted as done, which the tests would see.
 *
 * <pre>
 *   cut ──lend──► leased ──use──► used ──commit──► done
 *                   │ ▲              │
 *            return │ │ lend         │ revoke (kept for its step)
 *                   ▼ │              │
 *                 waiting ◄──────────┘
 * </pre>
 *
 * @param waiting by the step they are kept for, {@link #ANY_STEP} for whoever comes
 * @param leased by who holds them
 * @param used by the step that uses them
 */
record Books(Shelf<Long> waiting, Shelf<Consumer> leased, Shelf<Long> used) {
  static final long ANY_STEP = Long.MAX_VALUE;

  static Books empty() {
    return new Books(Shelf.empty(), Shelf.empty(), Shelf.empty());
  }

  /** A piece and the key it is found under. */
  record Found<K>(K key, Piece piece) {}

  /** What a step shall take first: what it used before, then what came back. */
  Optional<Found<Long>> waitingFor(long step) {
    return Stream.of(step, ANY_STEP)
        .flatMap(key -> waiting.of(key).stream().map(piece -> new Found<>(key, piece)))
        .findFirst();
  }

  Books lendFresh(Consumer consumer, Range range) {
    return new Books(waiting, leased.with(consumer, List.of(new Piece(range, 0))), used);
  }

  Books lendAgain(Consumer consumer, Found<Long> from, Range range) {
    return new Books(
        take(waiting, from.key(), from.piece(), range),
        leased.with(consumer, List.of(from.piece().part(range))),
        used);
  }

  Books use(Consumer consumer, Piece lease, long step, Range range) {
    return new Books(
        waiting, take(leased, consumer, lease, range), used.with(step, List.of(lease.part(range))));
  }

  /** A failed part of a lease waits for anybody. */
  Books failLeased(Consumer consumer, Piece lease, Range range) {
    return new Books(
        waiting.with(ANY_STEP, List.of(new Piece(range, lease.failures() + 1))),
        take(leased, consumer, lease, range),
        used);
  }

  /** A failed part of a step waits for that step. */
  Books failUsed(Found<Long> use, Range range) {
    return new Books(
        waiting.with(use.key(), List.of(new Piece(range, use.piece().failures() + 1))),
        leased,
        take(used, use.key(), use.piece(), range));
  }

  Optional<Piece> leaseOf(Consumer consumer, Range range) {
    return leased.of(consumer).stream().filter(p -> p.range().contains(range)).findFirst();
  }

  Optional<Found<Long>> useOf(Range range) {
    return used.byKey().entrySet().stream()
        .flatMap(step -> step.getValue().stream().map(p -> new Found<>(step.getKey(), p)))
        .filter(found -> found.piece().range().contains(range))
        .findFirst();
  }

  /** What the steps used is done; what was kept for them and they did not take may go to others. */
  Books commit(long step) {
    Books next = this;
    for (long done : used.byKey().headMap(step + 1).keySet()) {
      next = new Books(next.waiting, leased, next.used.without(done));
    }
    for (long left : waiting.byKey().headMap(step + 1).keySet()) {
      next =
          new Books(next.waiting.without(left).with(ANY_STEP, waiting.of(left)), leased, next.used);
    }
    return next;
  }

  Books giveBack(Consumer consumer) {
    return new Books(waiting.with(ANY_STEP, leased.of(consumer)), leased.without(consumer), used);
  }

  /** A part of a lease. */
  Books giveBack(Consumer consumer, Piece lease, Range range) {
    return new Books(
        waiting.with(ANY_STEP, List.of(lease.part(range))),
        take(leased, consumer, lease, range),
        used);
  }

  /** A part of what a step was to use. */
  Books giveBack(Found<Long> use, Range range) {
    return new Books(
        waiting.with(ANY_STEP, List.of(use.piece().part(range))),
        leased,
        take(used, use.key(), use.piece(), range));
  }

  /** What uncommitted steps used is kept for them. */
  Books revoke() {
    Shelf<Long> kept = waiting;
    for (var step : used.byKey().entrySet()) {
      kept = kept.with(step.getKey(), step.getValue());
    }
    return new Books(kept, leased, Shelf.empty());
  }

  Stream<Piece> all() {
    return Stream.of(waiting.all(), leased.all(), used.all()).flatMap(pieces -> pieces);
  }

  private static <K extends Comparable<K>> Shelf<K> take(
      Shelf<K> shelf, K key, Piece piece, Range range) {
    return shelf.without(key, piece).with(key, piece.without(range));
  }
}
