package dev.muster.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.muster.protocol.RunId;
import java.util.Arrays;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  private static final RunId RUN = new RunId("run-1");
  private static final byte[] SECRET = filled(Secret.BYTES, 0x5E);
  private static final byte[] CLIENT_NONCE = filled(32, 1);
  private static final byte[] SERVER_NONCE = filled(32, 2);

  private final Handshake client = new Handshake.Client(RUN, SECRET, CLIENT_NONCE);
  private final Handshake server = new Handshake.Server(RUN, SECRET, SERVER_NONCE);

  @Test
  void givenSameSecretAndRun_whenFramesAreExchanged_thenBothAreDone() throws Exception {
    assertThat(server.start()).isEmpty();
    var challenge = server.onFrame(client.start().orElseThrow());
    assertThat(challenge.done()).isFalse();
    var proof = client.onFrame(challenge.reply().orElseThrow());
    assertThat(proof.done()).isFalse();
    var ok = server.onFrame(proof.reply().orElseThrow());
    assertThat(ok.done()).isTrue();
    assertThat(client.onFrame(ok.reply().orElseThrow()).done()).isTrue();
  }

  @Test
  void givenFixedSecretAndNonces_whenFramesAreExchanged_thenBytesAreThoseOfTheLayout()
      throws Exception {
    var hello = client.start().orElseThrow();
    var challenge = server.onFrame(hello).reply().orElseThrow();
    var proof = client.onFrame(challenge).reply().orElseThrow();
    var ok = server.onFrame(proof).reply().orElseThrow();
    assertThat(hex(hello))
        .isEqualTo("4d53545201" + "0000000b" + "05" + "72756e2d31" + "01".repeat(32));
    assertThat(hex(challenge))
        .startsWith("4d53545202" + "0000000b" + "02".repeat(32))
        .hasSize(2 * (9 + 64));
    assertThat(hex(challenge))
        .endsWith("0ef560a141ec5d676e4663b7dba66007199de95b4b403bd11d4e4a2e151af072");
    assertThat(hex(proof))
        .isEqualTo(
            "4d53545203" + "9705058e07598785b16f77b9fe5090172805153ba4670c2afd3580a42de656ea");
    assertThat(hex(ok)).isEqualTo("4d53545204");
  }

  @Test
  void givenClientWithoutTheSecret_whenItProves_thenServerRefusesAndSaysSo() throws Exception {
    var stranger = filled(Secret.BYTES, 0x11);
    var challenge = server.onFrame(client.start().orElseThrow()).reply().orElseThrow();
    var serverProof = new HandshakeFrames.Hello(WireCodec.VERSION, RUN, CLIENT_NONCE);
    var forged = new HandshakeFrames.Proof(new Proofs(stranger).client(serverProof, SERVER_NONCE));
    assertThat(challenge).isNotEmpty();
    var refusal = refusal(() -> server.onFrame(HandshakeFrames.encode(forged)));
    assertThat(refusal)
        .hasMessageContaining("does not know the secret")
        .hasMessageNotContaining("5e5e");
    assertThatThrownBy(() -> client.onFrame(refusal.reply().orElseThrow()))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("wrong secret");
  }

  @Test
  void givenServerWithoutTheSecret_whenItChallenges_thenClientSendsNoProof() throws Exception {
    var stranger = new Handshake.Server(RUN, filled(Secret.BYTES, 0x11), SERVER_NONCE);
    var challenge = stranger.onFrame(client.start().orElseThrow()).reply().orElseThrow();
    assertThatThrownBy(() -> client.onFrame(challenge))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("does not know the secret");
  }

  @Test
  void givenServersOwnProofSentBack_whenItArrives_thenRefused() throws Exception {
    var challenge = server.onFrame(client.start().orElseThrow()).reply().orElseThrow();
    var echoed =
        new HandshakeFrames.Proof(
            Arrays.copyOfRange(challenge, challenge.length - 32, challenge.length));
    assertThat(refusal(() -> server.onFrame(HandshakeFrames.encode(echoed))))
        .hasMessageContaining("secret");
  }

  @Test
  void givenAnOldProof_whenReplayedAgainstAFreshNonce_thenRefused() throws Exception {
    var hello = client.start().orElseThrow();
    var proof = client.onFrame(server.onFrame(hello).reply().orElseThrow()).reply().orElseThrow();
    var fresh = new Handshake.Server(RUN, SECRET, filled(32, 3));
    fresh.onFrame(hello);
    assertThat(refusal(() -> fresh.onFrame(proof))).hasMessageContaining("secret");
  }

  @Test
  void givenAnotherVersion_whenHelloArrives_thenBothEndsNameBothVersions() {
    var old = new HandshakeFrames.Hello(WireCodec.VERSION + 6, RUN, CLIENT_NONCE);
    var refusal = refusal(() -> server.onFrame(HandshakeFrames.encode(old)));
    assertThat(refusal).hasMessageContaining("ours=11").hasMessageContaining("theirs=17");
    var told = new HandshakeFrames.Refusal(12, HandshakeFrames.Refusal.VERSION);
    assertThat(refusal(() -> client.onFrame(HandshakeFrames.encode(told))))
        .hasMessageContaining("ours=11")
        .hasMessageContaining("theirs=12");
  }

  @Test
  void givenAnotherRun_whenHelloArrives_thenRefusedWithBothIds() {
    var other = new Handshake.Client(new RunId("run-2"), SECRET, CLIENT_NONCE);
    var refusal = refusal(() -> server.onFrame(other.start().orElseThrow()));
    assertThat(refusal).hasMessageContaining("expected=run-1 actual=run-2");
    assertThat(refusal(() -> other.onFrame(refusal.reply().orElseThrow())))
        .hasMessageContaining("another run");
  }

  @Test
  void givenFrameOutOfOrder_whenItArrives_thenRefused() {
    var ok = HandshakeFrames.encode(new HandshakeFrames.Ok());
    assertThat(refusal(() -> server.onFrame(ok))).hasMessageContaining("out of order");
    assertThat(refusal(() -> client.onFrame(ok))).hasMessageContaining("out of order");
  }

  @Test
  void givenARefusedEnd_whenTheRightFrameFollows_thenStillRefused() {
    var hello = client.start().orElseThrow();
    refusal(() -> server.onFrame(new byte[1]));
    assertThat(refusal(() -> server.onFrame(hello))).hasMessageContaining("OVER");
  }

  @Test
  void givenEveryTruncationAndBitFlipOfHello_whenItArrives_thenNothingButARefusalOrAChallenge() {
    var hello = client.start().orElseThrow();
    for (int length = 0; length < hello.length; length++) {
      var cut = Arrays.copyOf(hello, length);
      refusal(() -> new Handshake.Server(RUN, SECRET, SERVER_NONCE).onFrame(cut));
    }
    for (int bit = 0; bit < 8 * (hello.length - 32); bit++) {
      var flipped = hello.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      refusal(() -> new Handshake.Server(RUN, SECRET, SERVER_NONCE).onFrame(flipped));
    }
  }

  @Test
  void givenOversizedOrForeignFrame_whenItArrives_thenRefused() {
    assertThat(refusal(() -> server.onFrame(new byte[257])))
        .hasMessageContaining("maxBytes=256 actualBytes=257");
    var http = "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    assertThat(refusal(() -> new Handshake.Server(RUN, SECRET, SERVER_NONCE).onFrame(http)))
        .hasMessageContaining("not a muster peer");
  }

  @Test
  void givenShortSecretOrNonce_whenBuilt_thenRefused() {
    assertThatThrownBy(() -> new Handshake.Client(RUN, new byte[16], CLIENT_NONCE))
        .hasMessageContaining("actualBytes=16");
    assertThatThrownBy(() -> new Handshake.Server(RUN, SECRET, new byte[31]))
        .hasMessageContaining("actualBytes=31");
  }

  private static HandshakeException refusal(ThrowingCallable call) {
    var thrown = catchThrowable(call);
    assertThat(thrown).isInstanceOf(HandshakeException.class);
    return (HandshakeException) thrown;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] filled(int length, int value) {
    var bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
