package dev.muster.collectives.hosts;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The mutual proof that opens every connection between ranks, by HMAC-SHA256 over fresh nonces and
 * what the connection is for; the key is never sent.
 *
 * <pre>
 *   client → server   magic and version (8), client nonce (32), size of hello (4), hello
 *   server → client   server nonce (32), HMAC("server" | client nonce | server nonce | hello)
 *   client → server   HMAC("client" | client nonce | server nonce | hello)
 *   server → client   1
 * </pre>
 *
 * Thread-safe; on blocking channels.
 */
final class Handshake {
  static final int KEY_BYTES_MIN = 16;
  private static final byte[] MAGIC = "MSTRGRP1".getBytes(US_ASCII);
  private static final int NONCE_BYTES = 32;
  private static final int PROOF_BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;
  private final int limitMs;

  Handshake(byte[] key, int limitMs) {
    if (key.length < KEY_BYTES_MIN) {
      throw new IllegalArgumentException(
          "key too short: minBytes=" + KEY_BYTES_MIN + " actualBytes=" + key.length);
    }
    this.key = new SecretKeySpec(key, ALGORITHM);
    this.limitMs = limitMs;
  }

  void client(SocketChannel channel, Hello hello) throws IOException {
    var in = input(channel);
    byte[] said = hello.bytes();
    byte[] mine = nonce();
    send(
        channel,
        ByteBuffer.allocate(44 + said.length).put(MAGIC).put(mine).putInt(said.length).put(said));
    byte[] theirs = in.readNBytes(NONCE_BYTES);
    require(in.readNBytes(PROOF_BYTES), proof("server", mine, theirs, said), channel);
    send(channel, ByteBuffer.allocate(PROOF_BYTES).put(proof("client", mine, theirs, said)));
    if (in.read() != 1) {
      throw untrusted(channel);
    }
  }

  Hello server(SocketChannel channel) throws IOException {
    var in = input(channel);
    if (!MessageDigest.isEqual(MAGIC, in.readNBytes(MAGIC.length))) {
      throw new IOException("not a connection of a group: peer=" + channel.getRemoteAddress());
    }
    byte[] theirs = in.readNBytes(NONCE_BYTES);
    byte[] said = in.readNBytes(Math.clamp(in.readInt(), 0, Hello.BYTES_MAX));
    byte[] mine = nonce();
    byte[] proof = proof("server", theirs, mine, said);
    send(channel, ByteBuffer.allocate(NONCE_BYTES + PROOF_BYTES).put(mine).put(proof));
    require(in.readNBytes(PROOF_BYTES), proof("client", theirs, mine, said), channel);
    send(channel, ByteBuffer.allocate(1).put((byte) 1));
    return Hello.of(said);
  }

  /** Its reads end after the limit, unlike those of the channel. Reads nothing ahead. */
  private DataInputStream input(SocketChannel channel) throws IOException {
    channel.socket().setSoTimeout(limitMs);
    return new DataInputStream(channel.socket().getInputStream());
  }

  private static void send(SocketChannel channel, ByteBuffer bytes) throws IOException {
    bytes.flip();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void require(byte[] actual, byte[] expected, SocketChannel channel)
      throws IOException {
    if (!MessageDigest.isEqual(expected, actual)) {
      throw untrusted(channel);
    }
  }

  private static IOException untrusted(SocketChannel channel) throws IOException {
    return new IOException(
        "the ends do not know the same key: peer="
            + channel.getRemoteAddress()
            + "; use the secret of this run");
  }

  private byte[] proof(String role, byte[] clientNonce, byte[] serverNonce, byte[] hello) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(MAGIC);
      mac.update(role.getBytes(US_ASCII));
      mac.update(clientNonce);
      mac.update(serverNonce);
      mac.update(hello);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  private static byte[] nonce() {
    var nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    return nonce;
  }
}
