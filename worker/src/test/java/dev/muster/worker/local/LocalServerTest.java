package dev.muster.worker.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalServerTest {
  private static final WorkerId WORKER = new WorkerId(new NodeId("n0"), 3);
  private static final ToWorker.Welcome WELCOME =
      new ToWorker.Welcome(1, "r", "/page", "/shm", "/log", 1, 2, 3, Map.of("k", "v"));

  @TempDir Path folder;
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private LocalServer server;

  private final LocalServer.Door door =
      new LocalServer.Door() {
        @Override
        public ToWorker.Welcome admit(WorkerId worker, FromWorker.Hello hello)
            throws LocalServer.RefusedException {
          if (!hello.token().equals("secret")) {
            throw new LocalServer.RefusedException("wrong token");
          }
          return WELCOME;
        }

        @Override
        public void connected(WorkerId worker) {
          heard.add("connected " + worker);
        }

        @Override
        public void said(WorkerId worker, FromWorker message) {
          heard.add("said " + message);
        }

        @Override
        public void disconnected(WorkerId worker, String reason) {
          heard.add("disconnected " + reason);
        }
      };

  @BeforeEach
  void open() throws IOException {
    server = new LocalServer(folder.resolve("n0.sock"), door);
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private LocalClient client() throws IOException {
    return new LocalClient(folder.resolve("n0.sock"));
  }

  private static FromWorker.Hello hello(int version, String token) {
    return new FromWorker.Hello(version, "n0/3", token, 1, 1);
  }

  private LocalClient admitted() throws Exception {
    var client = client();
    client.say(hello(1, "secret"));
    assertThat(client.hear()).isEqualTo(WELCOME);
    assertThat(next()).isEqualTo("connected n0/3");
    return client;
  }

  private String next() throws InterruptedException {
    return heard.poll(30, TimeUnit.SECONDS);
  }

  @Test
  void givenRightToken_whenHello_thenWelcomeComesBeforeAnythingElseAndBothTalk() throws Exception {
    try (var client = admitted()) {
      client.say(new FromWorker.Ready("tokens"));
      assertThat(next()).isEqualTo("said " + new FromWorker.Ready("tokens"));
      assertThat(server.send(WORKER, new ToWorker.Stop("bye"))).isTrue();
      assertThat(client.hear()).isEqualTo(new ToWorker.Stop("bye"));
    }
    assertThat(next()).isEqualTo("disconnected end of file");
    assertThat(server.send(WORKER, new ToWorker.Stop("late"))).isFalse();
  }

  @Test
  void givenTheSocketStaysOpen_whenAWorkerIsHeardOut_thenWhatItSaidComesBeforeTheEnd()
      throws Exception {
    try (var client = admitted()) {
      client.say(new FromWorker.Ready("tokens"));
      client.say(new FromWorker.Joined(4));
      server.hearOut(WORKER);
      assertThat(next()).isEqualTo("said " + new FromWorker.Ready("tokens"));
      assertThat(next()).isEqualTo("said Joined[generation=4]");
      assertThat(next()).isEqualTo("disconnected end of file");
    }
  }

  @Test
  void givenWrongTokenOrVersionOrNoHello_whenConnected_thenClosedUnheard() throws Exception {
    for (FromWorker first :
        List.of(hello(1, "guess"), hello(2, "secret"), new FromWorker.Ready("tokens"))) {
      try (var client = client()) {
        client.say(first);
        assertThat(client.hear()).isNull();
      }
    }
    assertThat(heard).isEmpty();
  }

  @Test
  void givenBadFrames_whenSent_thenOnlyThatConnectionCloses() throws Exception {
    var other = admitted();
    byte[][] bad = {
      {0, 0, 0, 0},
      {0x7f, 0, 0, 0},
      Frames.encode("no json".getBytes(StandardCharsets.UTF_8)),
      Frames.encode("{\"type\":\"dance\"}".getBytes(StandardCharsets.UTF_8)),
      Frames.encode(
          "{\"type\":\"hello\",\"version\":1,\"worker\":\"nonsense\",\"token\":\"secret\",\"pid\":1,\"stepThreadId\":0}"
              .getBytes(StandardCharsets.UTF_8))
    };
    for (byte[] bytes : bad) {
      try (var client = client()) {
        client.raw(bytes);
        assertThat(client.hear()).isNull();
      }
    }
    other.say(new FromWorker.Ready("tokens"));
    assertThat(next()).isEqualTo("said " + new FromWorker.Ready("tokens"));
    other.raw(new byte[] {-1, 0, 0, 0});
    assertThat(next()).startsWith("disconnected bad frame length");
  }

  @Test
  void givenAWorkerIsConnected_whenASecondSaysItsName_thenTheSecondIsClosed() throws Exception {
    try (var first = admitted();
        var second = client()) {
      second.say(hello(1, "secret"));
      assertThat(second.hear()).isNull();
      first.say(new FromWorker.Ready("tokens"));
      assertThat(next()).isEqualTo("said " + new FromWorker.Ready("tokens"));
    }
  }

  @Test
  void givenWorkerThatDoesNotRead_whenItsQueueIsFull_thenItIsClosedAndTheSenderNeverBlocks()
      throws Exception {
    var client = admitted();
    var large = new ToWorker.Stop("x".repeat(LocalMessage.MAX_FRAME_BYTES / 2));
    while (server.send(WORKER, large)) {
      // until the socket's buffer and the queue are full
    }
    assertThat(next()).startsWith("disconnected does not read");
    client.close();
  }

  @Test
  void givenSocket_whenMade_thenOnlyItsOwnerMayUseItAndLongPathsAreRefused() throws Exception {
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("n0.sock"))))
        .isEqualTo("rw-------");
    Path tooLong = folder.resolve("x".repeat(120));
    assertThatThrownBy(() -> new LocalServer(tooLong, door))
        .hasMessageContaining("at most bytes=107");
  }
}
