package dev.muster.master.journal;

/**
 * Turns journal entries into bytes and back; the bytes must stay readable by a later start of the
 * same version.
 */
public interface EntryCodec {
  byte[] encode(Object entry);

  Object decode(byte[] bytes);
}
