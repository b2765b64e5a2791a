package dev.muster.collectives.bulk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The 24 bytes before every payload, big-endian: i16 magic, i8 version, i8 kind, i32 payload bytes,
 * i64 value, i32 CRC32C of the payload, i32 CRC32C of these first 20 bytes.
 *
 * <pre>
 *   client            server          value              payload
 *   FETCH       →                                        request
 *               ↔     OFFER           size of all        header
 *               ↔     REFUSED                            reason
 *               ↔     ACCEPT                             ticket of the carrier
 *               ↔     BLOCK …         offset             bytes
 *               ↔     ACK …           bytes verified
 *               ↔     DONE            size of all
 *               ↔     FAILED                             reason, in place of any of the above
 * </pre>
 *
 * A fetch is FETCH, after which the server offers; a push is the same offer from the client.
 */
record Frame(Kind kind, int bytes, long value, int crc) {
  static final int BYTES = 24;
  private static final short MAGIC = 0x4D42; // MB
  private static final byte VERSION = 1;
  private static final int EMPTY_CRC = 0;
  private static final Kind[] KINDS = Kind.values();

  enum Kind {
    FETCH,
    OFFER,
    REFUSED,
    ACCEPT,
    BLOCK,
    ACK,
    DONE,
    FAILED
  }

  /** Reads {@code payload} without moving it. */
  static Frame of(Kind kind, long value, ByteBuffer payload) {
    return new Frame(kind, payload.remaining(), value, crc(payload));
  }

  static Frame of(Kind kind, long value) {
    return new Frame(kind, 0, value, EMPTY_CRC);
  }

  static int crc(ByteBuffer payload) {
    var crc = new CRC32C();
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }

  void put(ByteBuffer out) {
    int start = out.position();
    out.putShort(MAGIC).put(VERSION).put((byte) kind.ordinal());
    out.putInt(bytes).putLong(value).putInt(crc);
    out.putInt(crc(out.slice(start, BYTES - 4)));
  }

  static Frame get(ByteBuffer in, String peer) throws TransferException {
    int actual = crc(in.slice(in.position(), BYTES - 4));
    short magic = in.getShort();
    byte version = in.get();
    int kind = in.get();
    var frame =
        new Frame(KINDS[Math.floorMod(kind, KINDS.length)], in.getInt(), in.getLong(), in.getInt());
    if (magic != MAGIC || version != VERSION) {
      throw malformed(peer, "expected=MB version " + VERSION + " actual=" + magic + " " + version);
    }
    int expected = in.getInt();
    if (expected != actual) {
      throw TransferException.damaged(peer, "frame header", expected, actual);
    }
    if (kind < 0 || kind >= KINDS.length || frame.bytes < 0) {
      throw malformed(peer, "kind=" + kind + " bytes=" + frame.bytes);
    }
    return frame;
  }

  static TransferException malformed(String peer, String what) {
    return TransferException.of(
        TransferException.Kind.MALFORMED,
        "not a frame of this protocol: peer="
            + peer
            + " "
            + what
            + "; run the same release on all hosts");
  }
}
