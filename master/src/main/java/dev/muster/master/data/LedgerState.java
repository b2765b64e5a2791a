package dev.muster.master.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A ledger as part of the checkpoint of a step: how far it was cut, and what of that was not done.
 * Its size is that of the leases, not of the data.
 *
 * @param step the committed step it belongs to
 * @param outstanding in order, neighbours joined
 */
public record LedgerState(long step, Cursor cursor, List<Piece> outstanding) {
  public LedgerState {
    outstanding = List.copyOf(outstanding);
  }

  static LedgerState of(long step, Cursor cursor, Stream<Piece> pieces) {
    var joined = new ArrayList<Piece>();
    pieces
        .sorted()
        .forEach(piece -> {
          if (!joined.isEmpty() && follows(joined.getLast(), piece)) {
            Piece before = joined.removeLast();
            joined.add(
                before.part(before.range().between(before.range().from(), piece.range().to())));
          } else {
            joined.add(piece);
          }
        });
    return new LedgerState(step, cursor, joined);
  }

  private static boolean follows(Piece before, Piece piece) {
    return before.range().epoch() == piece.range().epoch()
        && before.range().partition() == piece.range().partition()
        && before.range().to() == piece.range().from()
        && before.failures() == piece.failures();
  }
}
