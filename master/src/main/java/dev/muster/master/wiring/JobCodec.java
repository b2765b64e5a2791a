package dev.muster.master.wiring;

import dev.muster.master.job.JobJournal;
import dev.muster.master.journal.EntryCodec;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.wire.WireCodec;
import java.util.Arrays;

/**
 * Journal entries in the encoding of the agent link, behind one byte that numbers the format of the
 * journal.
 */
final class JobCodec implements EntryCodec {
  /**
   * Raise it with every change of what an entry holds or of how a decision is worded. Entries
   * without a number were the first format; none begins with a byte this small.
   */
  static final byte FORMAT = 9;

  private final WireCodec codec = new WireCodec(JobJournal.registrations());

  @Override
  public byte[] encode(Object entry) {
    var encoded = codec.encode(entry);
    var numbered = new byte[encoded.length + 1];
    numbered[0] = FORMAT;
    System.arraycopy(encoded, 0, numbered, 1, encoded.length);
    return numbered;
  }

  @Override
  public Object decode(byte[] bytes) {
    if (bytes.length == 0 || bytes[0] != FORMAT) {
      throw new IllegalStateException(
          "the journal cannot be read: expected format="
              + FORMAT
              + " actual="
              + (bytes.length == 0 ? "none" : bytes[0] < 0 ? "1" : bytes[0])
              + "; it was written by another version, read it with that one");
    }
    try {
      return codec.decode(Arrays.copyOfRange(bytes, 1, bytes.length));
    } catch (MalformedFrameException damaged) {
      throw new IllegalStateException(
          "the journal cannot be read: reason=" + damaged.getMessage() + "; it is damaged",
          damaged);
    }
  }
}
