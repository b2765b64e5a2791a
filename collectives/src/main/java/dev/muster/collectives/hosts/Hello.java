package dev.muster.collectives.hosts;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What a connection is for: the first thing it says, and what both ends prove with the key. */
record Hello(String run, String group, long generation, int from, int to, Kind kind) {
  enum Kind {
    /** Votes and signs of life between the leaders of two hosts. */
    COUNCIL,
    /** Collectives' data between two ranks. */
    DATA,
    /** Messages between two ranks, which may come before or after a collective of either. */
    MESSAGES
  }

  static final int BYTES_MAX = 1 << 10;

  byte[] bytes() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeUTF(run);
      out.writeUTF(group);
      out.writeLong(generation);
      out.writeInt(from);
      out.writeInt(to);
      out.writeByte(kind.ordinal());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Hello of(byte[] bytes) throws IOException {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return new Hello(
          in.readUTF(),
          in.readUTF(),
          in.readLong(),
          in.readInt(),
          in.readInt(),
          Kind.values()[Math.floorMod(in.readByte(), Kind.values().length)]);
    }
  }
}
