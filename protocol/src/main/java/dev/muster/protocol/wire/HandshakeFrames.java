package dev.muster.protocol.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.muster.protocol.RunId;
import java.nio.ByteBuffer;

/**
 * The frames of the handshake, big-endian: i32 magic, i8 kind, then
 *
 * <pre>
 *   1 hello      i32 version, u8 length and ASCII of the run id, 32 bytes client nonce
 *   2 challenge  i32 version, 32 bytes server nonce, 32 bytes proof
 *   3 proof      32 bytes proof
 *   4 ok
 *   5 refusal    i32 version of the server, i8 code
 * </pre>
 *
 * This layout is outside {@link WireCodec#VERSION}: ends of any two versions must understand each
 * other's version.
 */
final class HandshakeFrames {
  private static final int MAGIC = 0x4D535452; // MSTR

  private HandshakeFrames() {}

  sealed interface Frame {}

  record Hello(int version, RunId run, byte[] nonce) implements Frame {}

  record Challenge(int version, byte[] nonce, byte[] proof) implements Frame {}

  record Proof(byte[] proof) implements Frame {}

  record Ok() implements Frame {}

  record Refusal(int version, byte code) implements Frame {
    static final byte VERSION = 1;
    static final byte RUN = 2;
    static final byte PROOF = 3;

    String explained() {
      return switch (code) {
        case VERSION -> versions(version);
        case RUN -> "it serves another run; check the address and the run id";
        case PROOF -> "wrong secret; use the secret file of this very run";
        default -> "unknown code: code=" + code;
      };
    }
  }

  static byte[] encode(Frame frame) {
    var out = ByteBuffer.allocate(Handshake.MAX_BYTES).putInt(MAGIC);
    switch (frame) {
      case Hello(var version, var run, var nonce) -> {
        var name = run.name().getBytes(ISO_8859_1);
        out.put((byte) 1).putInt(version).put((byte) name.length).put(name).put(nonce);
      }
      case Challenge(var version, var nonce, var proof) ->
          out.put((byte) 2).putInt(version).put(nonce).put(proof);
      case Proof(var proof) -> out.put((byte) 3).put(proof);
      case Ok() -> out.put((byte) 4);
      case Refusal(var version, var code) -> out.put((byte) 5).putInt(version).put(code);
    }
    var bytes = new byte[out.flip().remaining()];
    out.get(bytes);
    return bytes;
  }

  static Frame decode(byte[] bytes) throws HandshakeException {
    if (bytes.length > Handshake.MAX_BYTES) {
      throw new HandshakeException(
          "oversized handshake: maxBytes=" + Handshake.MAX_BYTES + " actualBytes=" + bytes.length);
    }
    var in = ByteBuffer.wrap(bytes);
    if (in.remaining() < 5 || in.getInt() != MAGIC) {
      throw new HandshakeException("not a muster peer: no magic in its first bytes");
    }
    var frame = body(in);
    if (frame == null || in.hasRemaining()) {
      throw new HandshakeException(
          "malformed handshake: kind=" + bytes[4] + " bytes=" + bytes.length);
    }
    return frame;
  }

  /** Null if cut or of an unknown kind. */
  private static Frame body(ByteBuffer in) {
    int nonce = Handshake.NONCE_BYTES;
    return switch (in.get()) {
      case 1 -> hello(in);
      case 2 ->
          in.remaining() < 4 + nonce + Proofs.PROOF_BYTES
              ? null
              : new Challenge(in.getInt(), take(in, nonce), take(in, Proofs.PROOF_BYTES));
      case 3 ->
          in.remaining() < Proofs.PROOF_BYTES ? null : new Proof(take(in, Proofs.PROOF_BYTES));
      case 4 -> new Ok();
      case 5 -> in.remaining() < 5 ? null : new Refusal(in.getInt(), in.get());
      default -> null;
    };
  }

  private static Hello hello(ByteBuffer in) {
    if (in.remaining() < 5) {
      return null;
    }
    int version = in.getInt();
    int length = in.get() & 0xFF;
    if (in.remaining() < length + Handshake.NONCE_BYTES) {
      return null;
    }
    var name = new String(take(in, length), ISO_8859_1);
    return RunId.valid(name)
        ? new Hello(version, new RunId(name), take(in, Handshake.NONCE_BYTES))
        : null;
  }

  private static byte[] take(ByteBuffer in, int length) {
    var bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  static String versions(int theirs) {
    return "versions differ: ours="
        + WireCodec.VERSION
        + " theirs="
        + theirs
        + "; run the same release on all hosts";
  }

  static HandshakeException unexpected(Enum<?> state, Frame frame) {
    return new HandshakeException(
        "frame out of order: state=" + state + " actual=" + frame.getClass().getSimpleName());
  }
}
