package dev.muster.worker.link;

import static dev.muster.worker.link.LinkFixture.expect;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.wire.Handshake;
import dev.muster.protocol.wire.Secret;
import dev.muster.protocol.wire.WireCodec;
import java.io.DataInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Raw sockets against a real server: each must be closed, and nothing it says may reach the master.
 */
class HostilePeerTest {
  private final LinkFixture links = new LinkFixture();

  @BeforeEach
  void bind() throws Exception {
    links.bind(0, LinkFixture.LIMITS);
  }

  @AfterEach
  void stop() throws Exception {
    assertThat(links.atMaster).isEmpty();
    links.close();
  }

  @Test
  void givenAnotherSecret_whenAPeerProvesIt_thenItIsToldAndClosed() throws Exception {
    var failure =
        handshake(new Handshake.Client(LinkFixture.RUN, Secret.random().bytes(), Secret.nonce()));

    assertThat(failure).hasMessageContaining("the master does not know the secret");
  }

  @Test
  void givenNoSecret_whenAPeerStartsWithAMessage_thenItIsClosedUndecoded() throws Exception {
    try (var peer = connect()) {
      peer.getOutputStream()
          .write(
              Frames.encode(
                  new WireCodec().encode(LinkFixture.registration(new NodeId("evil"), 1))));
      expectClosed(peer);
    }
  }

  @Test
  void givenAnotherRun_whenAPeerGreets_thenItIsToldAndClosed() throws Exception {
    var failure =
        handshake(new Handshake.Client(new RunId("run-2"), links.secret.bytes(), Secret.nonce()));

    assertThat(failure).hasMessageContaining("another run");
  }

  @Test
  void givenAnotherVersion_whenAPeerGreets_thenItIsToldAndClosed() throws Exception {
    var client = new Handshake.Client(LinkFixture.RUN, links.secret.bytes(), Secret.nonce());
    var failure =
        handshake(client, hello -> ByteBuffer.wrap(hello).putInt(5, WireCodec.VERSION + 1));

    assertThat(failure).hasMessageContaining("versions differ");
  }

  @Test
  void givenGarbage_whenSent_thenEveryPeerIsClosed() throws Exception {
    long seed = 20261;
    for (int i = 0; i < 50; i++) {
      var bytes = new byte[300];
      new SplittableRandom(seed + i).nextBytes(bytes);
      try (var peer = connect()) {
        peer.getOutputStream().write(bytes);
        expectClosed(peer);
      }
    }
  }

  @Test
  void givenALengthAboveTheHandshakesLimit_whenAnnounced_thenThePeerIsClosedAtTheFourthByte()
      throws Exception {
    try (var peer = connect()) {
      peer.getOutputStream().write(ByteBuffer.allocate(4).putInt(Handshake.MAX_BYTES + 1).array());
      expectClosed(peer);
    }
  }

  @Test
  void givenAProvedPeer_whenItSendsAnOversizedFrame_thenItIsClosed() throws Exception {
    try (var peer = connect()) {
      prove(peer);
      peer.getOutputStream().write(ByteBuffer.allocate(4).putInt(Frames.MAX_BYTES + 1).array());
      expectClosed(peer);
    }
  }

  @Test
  void givenAProvedPeer_whenItSendsGarbageInAFrame_thenItIsClosed() throws Exception {
    try (var peer = connect()) {
      prove(peer);
      peer.getOutputStream().write(Frames.encode(new byte[] {99, 1, 2, 3}));
      expectClosed(peer);
    }
  }

  @Test
  void givenAProvedPeer_whenItSendsAnOrder_thenItIsClosed() throws Exception {
    try (var peer = connect()) {
      prove(peer);
      peer.getOutputStream()
          .write(Frames.encode(new WireCodec().encode(new ToAgent.Shutdown(0, "?"))));
      expectClosed(peer);
    }
  }

  @Test
  void givenASilentPeer_whenTheHandshakesTimeIsOver_thenItIsClosed() throws Exception {
    links.bind(0, new LinkLimits(Duration.ofMillis(50), Duration.ofSeconds(60), 64, 1 << 20, 8));
    try (var peer = connect()) {
      expectClosed(peer);
    }
  }

  @Test
  void
      givenAsManyStrangersAsAllowed_whenOneMoreConnects_thenItIsClosedAndARealAgentGetsInOnceOneLeft()
          throws Exception {
    links.bind(0, new LinkLimits(Duration.ofSeconds(60), Duration.ofSeconds(60), 64, 1 << 20, 2));
    var first = connect();
    var second = connect();
    try (var third = connect()) {
      expectClosed(third);
    }
    first.close();
    second.close();
    var agent = links.agent("n0");
    expect(agent.told, "up");
  }

  @Test
  void
      givenAPeerThatNeverReads_whenTheMasterSendsWithoutEnd_thenTheLinkIsClosedInsteadOfTheMemoryFilled()
          throws Exception {
    try (var peer = connect()) {
      prove(peer);
      var node = new NodeId("n0");
      peer.getOutputStream()
          .write(Frames.encode(new WireCodec().encode(LinkFixture.registration(node, 1))));
      expect(links.atMaster, "n0 Register");
      var order = new ToAgent.Revoke(new Generation(1), "x".repeat(100_000));
      for (int i = 0; i < 10_000 && links.atMaster.isEmpty(); i++) {
        links.server.send(PeerId.agent(node), order);
      }
      expect(links.atMaster, "n0 gone peer does not read");
    }
  }

  private Socket connect() throws Exception {
    var socket = new Socket("127.0.0.1", links.server.address().getPort());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static void expectClosed(Socket peer) throws Exception {
    try {
      while (peer.getInputStream().read() >= 0) {}
    } catch (java.net.SocketTimeoutException open) {
      throw new AssertionError("connection still open", open);
    } catch (java.net.SocketException reset) {
      // closed with our bytes unread: just as well
    }
  }

  private void prove(Socket peer) throws Exception {
    assertThat(
            run(
                peer,
                new Handshake.Client(LinkFixture.RUN, links.secret.bytes(), Secret.nonce()),
                hello -> {}))
        .isNull();
  }

  private Exception handshake(Handshake client) throws Exception {
    return handshake(client, hello -> {});
  }

  private Exception handshake(Handshake client, Consumer<byte[]> change) throws Exception {
    try (var peer = connect()) {
      var failure = run(peer, client, change);
      peer.shutdownOutput();
      expectClosed(peer);
      return failure;
    }
  }

  /** Null when the handshake succeeded. */
  private static Exception run(Socket peer, Handshake client, Consumer<byte[]> change)
      throws Exception {
    var next = new AtomicReference<>(client.start());
    next.get().ifPresent(change);
    var in = new DataInputStream(peer.getInputStream());
    while (true) {
      if (next.get().isPresent()) {
        peer.getOutputStream().write(Frames.encode(next.get().get()));
      }
      var frame = new byte[in.readInt()];
      in.readFully(frame);
      try {
        var step = client.onFrame(frame);
        if (step.done()) {
          return null;
        }
        next.set(step.reply());
      } catch (Exception failed) {
        return failed;
      }
    }
  }
}
