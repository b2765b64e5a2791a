package dev.muster.collectives.bulk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.muster.collectives.bulk.TransferException.Kind;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The mutual proof that opens every connection, by HMAC-SHA256 over fresh nonces; the key itself is
 * never sent.
 *
 * <pre>
 *   client → server   magic and version (8), client nonce (32)
 *   server → client   magic and version (8), server nonce (32), HMAC("server" | client nonce | server nonce)
 *   client → server   HMAC("client" | client nonce | server nonce)
 *   server → client   1: proved, 0: not
 * </pre>
 *
 * The roles keep an end from passing by sending back what it received; the magic inside keeps
 * proofs of other protocols with the same key from passing. Thread-safe.
 */
final class Opening {
  private static final byte[] MAGIC = "MSTRBLK1".getBytes(US_ASCII);
  private static final int NONCE_BYTES = 32;
  private static final int PROOF_BYTES = 32;
  private static final int HELLO_BYTES = MAGIC.length + NONCE_BYTES;
  private static final String ALGORITHM = "HmacSHA256";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;

  Opening(byte[] key) {
    if (key.length < BulkTransport.KEY_BYTES_MIN) {
      throw new IllegalArgumentException(
          "key too short: minBytes=" + BulkTransport.KEY_BYTES_MIN + " actualBytes=" + key.length);
    }
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /** Returns when the server has proved itself and accepted this end's proof. */
  void client(Link link) throws TransferException {
    byte[] mine = nonce();
    link.sendRaw(ByteBuffer.allocate(HELLO_BYTES).put(MAGIC).put(mine).flip());
    byte[] theirs = hello(link);
    requireProof(link, "server", mine, theirs);
    link.sendRaw(ByteBuffer.wrap(proof("client", mine, theirs)));
    if (take(link, 1)[0] != 1) {
      throw untrusted(link);
    }
  }

  /** Returns when the client has proved itself. */
  void server(Link link) throws TransferException {
    byte[] theirs = hello(link);
    byte[] mine = nonce();
    var reply = ByteBuffer.allocate(HELLO_BYTES + PROOF_BYTES);
    link.sendRaw(reply.put(MAGIC).put(mine).put(proof("server", theirs, mine)).flip());
    try {
      requireProof(link, "client", theirs, mine);
    } catch (TransferException e) {
      link.sendRaw(ByteBuffer.wrap(new byte[] {0}));
      throw e;
    }
    link.sendRaw(ByteBuffer.wrap(new byte[] {1}));
  }

  private byte[] hello(Link link) throws TransferException {
    if (!MessageDigest.isEqual(MAGIC, take(link, MAGIC.length))) {
      throw Frame.malformed(link.peer(), "no magic in its first bytes");
    }
    return take(link, NONCE_BYTES);
  }

  private void requireProof(Link link, String role, byte[] clientNonce, byte[] serverNonce)
      throws TransferException {
    if (!MessageDigest.isEqual(proof(role, clientNonce, serverNonce), take(link, PROOF_BYTES))) {
      throw untrusted(link);
    }
  }

  private static TransferException untrusted(Link link) {
    return TransferException.of(
        Kind.UNTRUSTED,
        "the ends do not know the same key: peer=" + link.peer() + "; use the secret of this run");
  }

  private byte[] proof(String role, byte[] clientNonce, byte[] serverNonce) {
    try {
      var mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(MAGIC);
      mac.update(role.getBytes(US_ASCII));
      mac.update(clientNonce);
      mac.update(serverNonce);
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

  private static byte[] take(Link link, int count) throws TransferException {
    var bytes = ByteBuffer.allocate(count);
    link.readWithin(bytes);
    return bytes.array();
  }
}
