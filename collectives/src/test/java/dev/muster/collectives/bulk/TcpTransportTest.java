package dev.muster.collectives.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.collectives.bulk.TransferException.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TcpTransportTest extends BulkTransportContract {
  @Override
  Carrier.Factory carriers() {
    return SocketCarrier::new;
  }

  @Override
  String processCarrier() {
    return "tcp";
  }

  @Test
  void givenTheOpenTransport_whenUsed_thenItListensOnLoopback() throws Exception {
    var shelf = new Shelf();
    try (var transport = BulkTransport.tcp(KEY, BulkLimits.DEFAULT);
        var arena = Arena.ofConfined();
        var server = transport.serve(BulkTransport.LOOPBACK, shelf);
        var connection = transport.connect(server.address())) {
      connection.push(Offer.of(Shelf.name("s"), new Pattern(1).memory(arena, 3 << 20)));
      assertThat(server.address().getAddress().isLoopbackAddress()).isTrue();
      assertThat(new Pattern(1).mismatch(shelf.pushed.get("s"), 0)).isEqualTo(-1);
    }
  }

  @Test
  void givenNobodyListens_whenConnecting_thenLost() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    var address = new InetSocketAddress(BulkTransport.LOOPBACK.getAddress(), port);
    try (var transport = BulkTransport.tcp(KEY, BulkLimits.DEFAULT)) {
      var failure = catchThrowableOfType(TransferException.class, () -> transport.connect(address));
      assertThat(failure.kind()).isEqualTo(Kind.LOST);
      assertThat(failure).hasMessageContaining(String.valueOf(port));
    }
  }

  @Test
  void givenAStranger_whenItSendsAnythingElse_thenItIsShutOut() throws Exception {
    try (var transport = BulkTransport.tcp(KEY, BulkLimits.DEFAULT);
        var server = transport.serve(BulkTransport.LOOPBACK, new Shelf());
        var socket = new Socket()) {
      socket.connect(server.address());
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes());
      assertThat(readToEnd(socket)).isZero();
    }
  }

  @Test
  void givenAStrangerThatSaysNothing_whenTheLimitIsOver_thenItIsShutOut() throws Exception {
    var limits = BulkLimits.DEFAULT.withSilence(Duration.ofMillis(100));
    try (var transport = BulkTransport.tcp(KEY, limits);
        var server = transport.serve(BulkTransport.LOOPBACK, new Shelf());
        var socket = new Socket()) {
      socket.connect(server.address());
      assertThat(readToEnd(socket)).isZero();
    }
  }

  /** How many bytes came before the end, however it ended. */
  private static int readToEnd(Socket socket) {
    try {
      return socket.getInputStream().readAllBytes().length;
    } catch (IOException reset) {
      return 0;
    }
  }
}
