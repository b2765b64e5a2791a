package dev.muster.master.journal;

import java.nio.charset.StandardCharsets;

final class TextCodec implements EntryCodec {
  @Override
  public byte[] encode(Object entry) {
    return ((String) entry).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Object decode(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
