package dev.muster.worker.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.store.Query.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The store behind a real port. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoreServerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final long LOOK_NS = 2_000_000;
  private static final int END = -1;

  private final List<Socket> sockets = new ArrayList<>();
  private StoreServer server;

  private void open(Limits limits, Predicate<InetAddress> admitted) throws IOException {
    server =
        StoreServer.open(
            new StoreServer.Options(
                "test",
                LOOPBACK,
                admitted,
                3,
                limits,
                pid -> pid == 42 ? OptionalInt.of(1) : OptionalInt.empty()));
  }

  @AfterEach
  void end() throws IOException {
    server.close();
    for (var socket : sockets) {
      socket.close();
    }
  }

  private Socket connect() throws IOException {
    var socket = new Socket();
    socket.connect(server.address());
    sockets.add(socket);
    return socket;
  }

  private Socket connect(Dialect dialect) throws IOException {
    var socket = connect();
    socket.getOutputStream().write(new Asking(dialect).opening().bytes());
    return socket;
  }

  private static byte[] ask(Socket socket, byte[] query, int answerBytes) throws IOException {
    socket.getOutputStream().write(query);
    return socket.getInputStream().readNBytes(answerBytes);
  }

  private static Asking asking(Dialect dialect) {
    return new Asking(dialect);
  }

  /** Closed for us: an end or a reset, whichever the kernel makes of it. */
  private static void assertClosed(Socket socket) throws IOException {
    try {
      assertThat(socket.getInputStream().read()).isEqualTo(END);
    } catch (java.net.SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  private static void until(BooleanSupplier holds) {
    while (!holds.getAsBoolean()) {
      assertThat(Thread.interrupted()).as("too late").isFalse();
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void givenAClientWaits_whenAnotherOfAnyVersionSetsTheKey_thenItGoesOn(Dialect dialect)
      throws Exception {
    open(Limits.of(3), from -> true);
    var waiting = connect(dialect);
    waiting.getOutputStream().write(asking(dialect).kind(Kind.WAIT).int64(1).text("k").bytes());
    until(() -> server.status().waiting().containsKey("k"));
    for (var other : Dialect.values()) {
      byte[] set = asking(other).kind(Kind.SET).text("k").text("v").kind(Kind.NUM_KEYS).bytes();
      assertThat(ask(connect(other), set, 8)).startsWith((byte) 1);
    }
    assertThat(waiting.getInputStream().read()).isZero();
    assertThat(server.status().waiting()).isEmpty();
  }

  @Test
  void givenLargeValues_whenReadByOneThatIsSlow_thenAllOfThemArrive() throws Exception {
    open(Limits.of(3), from -> true);
    byte[] large = new byte[2_000_000];
    new SplittableRandom(1).nextBytes(large);
    var socket = connect(Dialect.VALIDATED);
    socket
        .getOutputStream()
        .write(asking(Dialect.VALIDATED).kind(Kind.SET).text("k").value(large).bytes());
    var reads = asking(Dialect.VALIDATED);
    for (int i = 0; i < 40; i++) {
      reads.kind(Kind.GET).text("k"); // 80 MB of answers: not all of them in memory at once
    }
    socket.getOutputStream().write(reads.bytes());
    for (int i = 0; i < 40; i++) {
      socket.getInputStream().readNBytes(8);
      assertThat(socket.getInputStream().readNBytes(large.length)).isEqualTo(large);
    }
  }

  @Test
  void givenAnAddressOutsideTheGroup_whenItConnects_thenItIsClosedUnheard() throws Exception {
    open(Limits.of(3), from -> false);
    assertClosed(connect());
  }

  @Test
  void givenTooManyConnections_whenOneMore_thenItAloneIsClosed() throws Exception {
    open(new Limits(100, 1000, 10, 1 << 20, 2), from -> true);
    var first = connect(Dialect.VALIDATED);
    var second = connect(Dialect.VALIDATED);
    byte[] size = asking(Dialect.VALIDATED).kind(Kind.NUM_KEYS).bytes();
    ask(first, size, 8);
    ask(second, size, 8);
    assertClosed(connect());
    first.close();
    ask(second, size, 8); // seen after the close of the first
    until(() -> admitted(size));
  }

  private boolean admitted(byte[] size) {
    try {
      return ask(connect(Dialect.VALIDATED), size, 8).length == 8;
    } catch (IOException closed) {
      return false;
    }
  }

  @Test
  void givenAnUnknownQuery_whenAsked_thenThatConnectionEndsAndTheOthersGoOn() throws Exception {
    open(Limits.of(3), from -> true);
    var good = connect(Dialect.VALIDATED);
    var bad = connect(Dialect.VALIDATED);
    bad.getOutputStream().write(99);
    assertClosed(bad);
    byte[] add = asking(Dialect.VALIDATED).kind(Kind.ADD).text("n").int64(3).bytes();
    assertThat(ask(good, add, 8)).startsWith((byte) 3);
  }

  @Test
  void givenAProcessOfThisHost_whenItPings_thenItsRankIsKnown() throws Exception {
    open(Limits.of(3), from -> true);
    var socket = connect(Dialect.VALIDATED);
    var joins = asking(Dialect.VALIDATED).kind(Kind.PING).int32(42);
    ask(socket, joins.kind(Kind.ADD).text(Attendance.JOINED_KEY).int64(1).bytes(), 12);
    until(() -> server.status().joined() == 1);
    assertThat(server.status().missing()).containsExactly(0, 2);
  }

  @Test
  void givenAStoreIsClosed_whenAStaleRankTries_thenItReachesNothing() throws Exception {
    open(Limits.of(3), from -> true);
    var connected = connect(Dialect.VALIDATED);
    var former = server.address();
    server.close();
    assertClosed(connected);
    until(() -> !reachable(former));
  }

  private static boolean reachable(InetSocketAddress address) {
    try (var socket = new Socket()) {
      socket.connect(address);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  /** Random bytes, and queries of which some bytes are damaged, beside a client that works. */
  @Test
  void givenDamagedBytes_whenServed_thenTheStoreGoesOnAndGivesItsMemoryBack() throws Exception {
    long from = Long.getLong("muster.store.seed", 1);
    open(new Limits(100, 1000, 50, 1 << 20, 64), address -> true);
    for (long seed = from; seed < from + Integer.getInteger("muster.store.seeds", 150); seed++) {
      var random = new SplittableRandom(seed);
      damage(random);
      byte[] nonce = asking(Dialect.VALIDATED).kind(Kind.PING).int32((int) seed).bytes();
      assertThat(ask(connect(Dialect.VALIDATED), nonce, 4))
          .as("replay: -Dmuster.store.seeds=1 -Dmuster.store.seed=%d", seed)
          .startsWith((byte) seed);
      sockets.removeLast().close();
    }
    until(() -> server.status().waiting().isEmpty());
  }

  private void damage(SplittableRandom random) throws IOException {
    var dialect = Dialect.values()[random.nextInt(2)];
    byte[] bytes = RandomQueries.stream(dialect, random, 10);
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    if (random.nextInt(4) == 0) {
      random.nextBytes(bytes);
    }
    try (var socket = connect()) {
      socket.getOutputStream().write(bytes, 0, 1 + random.nextInt(bytes.length));
      socket.setSoLinger(random.nextBoolean(), 0); // some end with a reset
    } catch (IOException closedOnUs) {
      assertThat(closedOnUs).isInstanceOf(java.net.SocketException.class);
    }
    sockets.removeLast();
  }

  @Test
  void givenNobodyAsks_whenServing_thenItsThreadSleeps() throws Exception {
    open(Limits.of(3), from -> true);
    var socket = connect(Dialect.VALIDATED);
    ask(socket, asking(Dialect.VALIDATED).kind(Kind.NUM_KEYS).bytes(), 8);
    var thread =
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equals("store-test") && t.isAlive())
            .findFirst()
            .orElseThrow();
    var threads = java.lang.management.ManagementFactory.getThreadMXBean();
    long usedNs = threads.getThreadCpuTime(thread.threadId());
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200)); // what is looked at is this time
    assertThat(threads.getThreadCpuTime(thread.threadId()) - usedNs)
        .isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
  }
}
