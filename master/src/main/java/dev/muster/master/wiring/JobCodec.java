package dev.muster.master.wiring;

import dev.muster.master.job.JobJournal;
import dev.muster.master.journal.EntryCodec;
import dev.muster.protocol.wire.MalformedFrameException;
import dev.muster.protocol.wire.WireCodec;

/** Journal entries in the encoding of the agent link. */
final class JobCodec implements EntryCodec {
  private final WireCodec codec = new WireCodec(JobJournal.registrations());

  @Override
  public byte[] encode(Object entry) {
    return codec.encode(entry);
  }

  @Override
  public Object decode(byte[] bytes) {
    try {
      return codec.decode(bytes);
    } catch (MalformedFrameException damaged) {
      throw new IllegalStateException(
          "the journal cannot be read: reason="
              + damaged.getMessage()
              + "; it was written by another version, or is damaged",
          damaged);
    }
  }
}
