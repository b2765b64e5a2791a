package dev.muster.worker.checkpoint.restore;

import java.io.Closeable;
import java.util.List;

/** A whole state of one step, in pieces. One thread. */
public interface StateSource extends Closeable {
  /** The last one applied. */
  long step();

  /** The group that had applied it. */
  long generation();

  /** What there is, in the order of preference; copies of a piece are named, too. */
  List<Piece> pieces();

  /** What was expected to be there and is not, a sentence each; explains what may be missing. */
  List<String> absent();
}
