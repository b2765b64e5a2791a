package dev.muster.protocol.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The HMACs of the handshake. Every field has a fixed length or its length before it: no two inputs
 * collide.
 */
final class Proofs {
  static final int PROOF_BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  Proofs(byte[] secret) {
    if (secret.length != Secret.BYTES) {
      throw new IllegalArgumentException(
          "bad secret: expectedBytes=" + Secret.BYTES + " actualBytes=" + secret.length);
    }
    this.key = new SecretKeySpec(secret, ALGORITHM);
  }

  static byte[] checkedNonce(byte[] nonce) {
    if (nonce.length != Handshake.NONCE_BYTES) {
      throw new IllegalArgumentException(
          "bad nonce: expectedBytes=" + Handshake.NONCE_BYTES + " actualBytes=" + nonce.length);
    }
    return nonce.clone();
  }

  byte[] server(HandshakeFrames.Hello hello, byte[] serverNonce) {
    return proof("server", hello, serverNonce);
  }

  byte[] client(HandshakeFrames.Hello hello, byte[] serverNonce) {
    return proof("client", hello, serverNonce);
  }

  private byte[] proof(String role, HandshakeFrames.Hello hello, byte[] serverNonce) {
    var run = hello.run().name().getBytes(US_ASCII);
    var input = ByteBuffer.allocate(Handshake.MAX_BYTES);
    input.put(role.getBytes(US_ASCII)).putInt(hello.version()).put((byte) run.length).put(run);
    input.put(hello.nonce()).put(serverNonce).flip();
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(input);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }
}
