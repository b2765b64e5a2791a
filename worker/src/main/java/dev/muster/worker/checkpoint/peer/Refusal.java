package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.TransferException;
import dev.muster.worker.checkpoint.snapshot.CopyRefusedException;

/**
 * Why a peer takes or gives nothing; the first word of the reason it is told. Definite: nothing was
 * moved.
 */
public enum Refusal {
  /** It serves another run. */
  UNKNOWN_RUN,
  /** It does not have that snapshot, or not any more. */
  NOT_HERE,
  /** It has a newer one of that name. */
  OUTDATED,
  /** It has that very snapshot. */
  ALREADY_HERE,
  /** It lacks the space. */
  NO_ROOM,
  /** A reader or another transfer is in the way; ask again later. */
  IN_USE,
  /** Not what this release on this kind of host can read. */
  UNREADABLE,
  /** Not what this release says. */
  MALFORMED;

  static Refusal of(CopyRefusedException.Reason reason) {
    return valueOf(reason.name());
  }

  TransferException because(String text) {
    return TransferException.refused(this + ": " + text);
  }

  /** Whether {@code e} is this, here or at the peer. */
  public boolean is(TransferException e) {
    return e.kind() == TransferException.Kind.REFUSED
        && (e.getMessage().startsWith(this + ": ")
            || e.getMessage().contains(" reason=" + this + ": "));
  }
}
