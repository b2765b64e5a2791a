package dev.muster.protocol.wire;

import dev.muster.protocol.RunId;
import dev.muster.protocol.wire.HandshakeFrames.Challenge;
import dev.muster.protocol.wire.HandshakeFrames.Hello;
import dev.muster.protocol.wire.HandshakeFrames.Ok;
import dev.muster.protocol.wire.HandshakeFrames.Proof;
import dev.muster.protocol.wire.HandshakeFrames.Refusal;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * One end of the mutual proof that opens every agent link: both ends show that they know the run's
 * secret, without sending it, before a single message is decoded. Pure: bytes in, bytes out; the
 * caller owns the socket, the time limit and the frame limit {@link #MAX_BYTES}. One thread, one
 * connection, used once.
 *
 * <pre>
 *   client → server   hello      magic, version, run id, client nonce
 *   server → client   challenge  magic, version, server nonce, HMAC(secret, "server" | version | run id | both nonces)
 *   client → server   proof      HMAC(secret, "client" | version | run id | both nonces)
 *   server → client   ok         or a refusal with the server's version and a code, at any point
 * </pre>
 *
 * The roles inside the HMACs keep an end from passing by sending back what it received; fresh
 * nonces keep old proofs from passing again. It proves who opened the stream, not what follows: on
 * a network that others can write to, the link needs TLS.
 */
public sealed interface Handshake {
  /** Frame limit until {@link Step#done}. */
  int MAX_BYTES = 256;

  int NONCE_BYTES = 32;

  /** First frame of this end; only a client has one. Call it once, before any {@link #onFrame}. */
  Optional<byte[]> start();

  /**
   * Takes one frame of the peer.
   *
   * @throws HandshakeException the peer is not of this run, or this end is finished already
   */
  Step onFrame(byte[] frame) throws HandshakeException;

  /**
   * What to do after a frame.
   *
   * @param reply to send now
   * @param done the peer is proved; messages may follow
   */
  record Step(Optional<byte[]> reply, boolean done) {}

  /** The end that connects: an agent. */
  final class Client implements Handshake {
    private enum State {
      EXPECTS_CHALLENGE,
      EXPECTS_OK,
      OVER
    }

    private final Proofs proofs;
    private final Hello hello;
    private State state = State.EXPECTS_CHALLENGE;

    /**
     * Both arrays are copied.
     *
     * @param nonce fresh for every connection, {@link Secret#nonce()}
     */
    public Client(RunId run, byte[] secret, byte[] nonce) {
      this.proofs = new Proofs(secret);
      this.hello = new Hello(WireCodec.VERSION, run, Proofs.checkedNonce(nonce));
    }

    @Override
    public Optional<byte[]> start() {
      return Optional.of(HandshakeFrames.encode(hello));
    }

    @Override
    public Step onFrame(byte[] bytes) throws HandshakeException {
      var expected = state;
      state = State.OVER;
      var frame = HandshakeFrames.decode(bytes);
      if (frame instanceof Refusal refusal) {
        throw new HandshakeException("refused by the master: " + refusal.explained());
      }
      if (expected == State.EXPECTS_CHALLENGE && frame instanceof Challenge challenge) {
        return proof(challenge);
      }
      if (expected == State.EXPECTS_OK && frame instanceof Ok) {
        return new Step(Optional.empty(), true);
      }
      throw HandshakeFrames.unexpected(expected, frame);
    }

    private Step proof(Challenge challenge) throws HandshakeException {
      if (challenge.version() != WireCodec.VERSION) {
        throw new HandshakeException(HandshakeFrames.versions(challenge.version()));
      }
      if (!MessageDigest.isEqual(proofs.server(hello, challenge.nonce()), challenge.proof())) {
        throw new HandshakeException(
            "the master does not know the secret of this run: run=" + hello.run());
      }
      state = State.EXPECTS_OK;
      var mine = new Proof(proofs.client(hello, challenge.nonce()));
      return new Step(Optional.of(HandshakeFrames.encode(mine)), false);
    }
  }

  /** The end that listens: the master. */
  final class Server implements Handshake {
    private enum State {
      EXPECTS_HELLO,
      EXPECTS_PROOF,
      OVER
    }

    private final RunId run;
    private final Proofs proofs;
    private final byte[] nonce;
    private State state = State.EXPECTS_HELLO;
    private Hello hello;

    /**
     * Both arrays are copied.
     *
     * @param nonce fresh for every connection, {@link Secret#nonce()}
     */
    public Server(RunId run, byte[] secret, byte[] nonce) {
      this.run = run;
      this.proofs = new Proofs(secret);
      this.nonce = Proofs.checkedNonce(nonce);
    }

    @Override
    public Optional<byte[]> start() {
      return Optional.empty();
    }

    @Override
    public Step onFrame(byte[] bytes) throws HandshakeException {
      var expected = state;
      state = State.OVER;
      var frame = HandshakeFrames.decode(bytes);
      if (expected == State.EXPECTS_HELLO && frame instanceof Hello first) {
        return challenge(first);
      }
      if (expected == State.EXPECTS_PROOF && frame instanceof Proof proof) {
        return ok(proof);
      }
      throw HandshakeFrames.unexpected(expected, frame);
    }

    private Step challenge(Hello first) throws HandshakeException {
      if (first.version() != WireCodec.VERSION) {
        throw refused(Refusal.VERSION, HandshakeFrames.versions(first.version()));
      }
      if (!first.run().equals(run)) {
        throw refused(Refusal.RUN, "another run: expected=" + run + " actual=" + first.run());
      }
      hello = first;
      state = State.EXPECTS_PROOF;
      var challenge = new Challenge(WireCodec.VERSION, nonce, proofs.server(hello, nonce));
      return new Step(Optional.of(HandshakeFrames.encode(challenge)), false);
    }

    private Step ok(Proof proof) throws HandshakeException {
      if (!MessageDigest.isEqual(proofs.client(hello, nonce), proof.proof())) {
        throw refused(Refusal.PROOF, "the agent does not know the secret of this run: run=" + run);
      }
      return new Step(Optional.of(HandshakeFrames.encode(new Ok())), true);
    }

    private static HandshakeException refused(byte code, String reason) {
      return new HandshakeException(
          reason, HandshakeFrames.encode(new Refusal(WireCodec.VERSION, code)));
    }
  }
}
