package dev.muster.worker.checkpoint.restore;

import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.ElementType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A box of a tensor that a {@link StateSource} holds. One thread, as long as the source is open.
 */
public interface Piece {
  /** Of the tensor, unique in the state. */
  String name();

  ElementType type();

  /** Of the whole tensor over all ranks. */
  List<Long> shape();

  Box box();

  /** Where it is, for messages. */
  String file();

  /**
   * Reads every byte and compares checksums.
   *
   * @throws IOException it is damaged, gone or cannot be read; says where
   */
  void verify() throws IOException;

  /**
   * Copies what this and {@code box} have in common.
   *
   * @param target memory of exactly {@code box}; the rest of it stays
   * @throws IOException it went away after it was verified; the target holds no state
   */
  void copyTo(MemorySegment target, Box box) throws IOException;
}
