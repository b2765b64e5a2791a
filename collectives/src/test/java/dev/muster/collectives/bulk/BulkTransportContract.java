package dev.muster.collectives.bulk;

import static dev.muster.collectives.bulk.Shelf.name;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.collectives.bulk.TransferException.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every carrier must do; both ends in this process. */
@Timeout(120)
abstract class BulkTransportContract {
  static final byte[] KEY = key(1);
  static final int BLOCK = 64 << 10;
  static final BulkLimits LIMITS = new BulkLimits(BLOCK, Duration.ofSeconds(60), 64);

  private final Shelf shelf = new Shelf();
  private final Arena arena = Arena.ofShared();
  private final List<AutoCloseable> closing = new ArrayList<>();
  private BulkServer server;

  /** Of the transport under test; the same for both ends. */
  abstract Carrier.Factory carriers();

  /** The first arguments of {@link BulkProcess}. */
  abstract String processCarrier();

  static byte[] key(int fill) {
    var key = new byte[BulkTransport.KEY_BYTES_MIN];
    Arrays.fill(key, (byte) fill);
    return key;
  }

  @BeforeEach
  void serve() throws IOException {
    server = transport(KEY, LIMITS).serve(BulkTransport.LOOPBACK, shelf);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (var each : closing.reversed()) {
      each.close();
    }
    arena.close();
  }

  private BulkTransport transport(byte[] key, BulkLimits limits) {
    return transport(key, limits, carriers());
  }

  private BulkTransport transport(byte[] key, BulkLimits limits, Carrier.Factory carriers) {
    var transport = new ConnectedTransport(key, limits, carriers);
    closing.add(transport);
    return transport;
  }

  private BulkConnection connect() throws TransferException {
    return transport(KEY, LIMITS).connect(server.address());
  }

  private static TransferException thrownBy(ThrowingTransfer transfer) {
    return catchThrowableOfType(TransferException.class, transfer::run);
  }

  private interface ThrowingTransfer {
    void run() throws Exception;
  }

  @Test
  void givenAnySize_whenFetched_thenTheSameBytesArrive() throws Exception {
    var connection = connect();
    for (long size : sizes()) {
      var pattern = new Pattern(size);
      shelf.sources.put("s" + size, pattern.source(size));
      var memory = arena.allocate(size + 8).fill((byte) 0x5A);
      var fetched = connection.fetch(name("s" + size), memory);
      assertThat(fetched.sizeBytes()).isEqualTo(size);
      assertThat(new String(fetched.header(), UTF_8)).isEqualTo("this is s" + size);
      assertSame(pattern, memory.asSlice(0, size));
      assertThat(memory.asSlice(size).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x5A);
    }
  }

  @Test
  void givenAnySize_whenPushed_thenTheSameBytesAreCompletedBeforePushReturns() throws Exception {
    var connection = connect();
    for (long size : sizes()) {
      var pattern = new Pattern(size);
      connection.push(Offer.of(name("p" + size), pattern.memory(arena, size)));
      var memory = shelf.pushed.get("p" + size);
      assertThat(memory.byteSize()).isEqualTo(size);
      assertSame(pattern, memory);
    }
  }

  private static void assertSame(Pattern pattern, MemorySegment memory) {
    assertThat(pattern.mismatch(memory, 0))
        .as("size=%d %s", memory.byteSize(), pattern)
        .isEqualTo(-1);
  }

  private static List<Long> sizes() {
    var sizes = new ArrayList<Long>();
    for (long size :
        new long[] {0, 1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3L * BLOCK, 64L * BLOCK + 13}) {
      sizes.add(size);
    }
    new SplittableRandom(42).longs(20, 0, 20L * BLOCK).forEach(sizes::add);
    return sizes;
  }

  @Test
  void givenAnUnknownKey_whenFetched_thenRefusedWithTheReasonAndTheConnectionGoesOn()
      throws Exception {
    var connection = connect();
    var refusal = thrownBy(() -> connection.fetch(name("none"), arena.allocate(1)));
    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal.definite()).isTrue();
    assertThat(refusal).hasMessageContaining("no such snapshot: name=none");
    connection.push(Offer.of(name("after"), new Pattern(1).memory(arena, BLOCK)));
    assertThat(shelf.pushed).containsKey("after");
  }

  @Test
  void givenAServerThatDeclines_whenPushed_thenRefusedWithTheReasonAndTheConnectionGoesOn()
      throws Exception {
    var connection = connect();
    var offered = Offer.of(name("bad"), new Pattern(1).memory(arena, BLOCK));
    var refusal = thrownBy(() -> connection.push(offered));
    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal).hasMessageContaining("not wanted: name=bad");
    connection.push(Offer.of(name("good"), new Pattern(1).memory(arena, BLOCK)));
    assertThat(shelf.pushed).containsOnlyKeys("good");
  }

  @Test
  void givenTooLittleMemory_whenFetched_thenRefusedHereAndTheConnectionGoesOn() throws Exception {
    shelf.sources.put("big", new Pattern(1).source(2 * BLOCK));
    var connection = connect();
    var refusal = thrownBy(() -> connection.fetch(name("big"), arena.allocate(BLOCK)));
    assertThat(refusal.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refusal)
        .hasMessageContaining("memoryBytes=" + BLOCK)
        .hasMessageContaining("offeredBytes=" + 2 * BLOCK);
    assertThat(connection.fetch(name("big"), arena.allocate(2 * BLOCK)).sizeBytes())
        .isEqualTo(2 * BLOCK);
  }

  @Test
  void givenSeveralConnections_whenAllTransferAtOnce_thenAllAreWhole() throws Exception {
    int count = 6;
    long size = 40L * BLOCK + 5;
    try (var threads = Executors.newFixedThreadPool(count)) {
      var transfers = new ArrayList<Future<Boolean>>();
      for (int i = 0; i < count; i++) {
        var pattern = new Pattern(i);
        var name = "c" + i;
        shelf.sources.put(name, pattern.source(size));
        transfers.add(threads.submit(() -> throughAndBack(name, pattern, size)));
      }
      for (var transfer : transfers) {
        assertThat(transfer.get()).isTrue();
      }
    }
  }

  private boolean throughAndBack(String name, Pattern pattern, long size) throws Exception {
    var connection = connect();
    var memory = arena.allocate(size);
    for (int round = 0; round < 3; round++) {
      memory.fill((byte) 0);
      connection.fetch(name(name), memory);
      assertSame(pattern, memory);
      connection.push(Offer.of(name(name + round), memory));
      assertSame(pattern, shelf.pushed.get(name + round));
    }
    return true;
  }

  @Test
  void givenATransferUnderWay_whenTheSameConnectionIsUsedAgain_thenItIsAnErrorOfTheCaller()
      throws Exception {
    var connection = connect();
    shelf.sources.put("s", new Pattern(1).source(BLOCK));
    var nested = new ArrayList<Throwable>();
    connection.fetch(
        name("s"),
        (header, size) -> {
          try {
            connection.fetch(name("s"), arena.allocate(BLOCK));
          } catch (IllegalStateException e) {
            nested.add(e);
          }
          return Destination.into(arena.allocate(size));
        });
    assertThat(nested).singleElement().asString().contains("a transfer is under way");
  }

  @Test
  void givenAnotherKey_whenConnecting_thenBothEndsRefuseAndNothingIsAsked() throws Exception {
    var stranger = transport(key(2), LIMITS);
    var refusal = thrownBy(() -> stranger.connect(server.address()));
    assertThat(refusal.kind()).isEqualTo(Kind.UNTRUSTED);
    assertThat(refusal).hasMessageContaining("same key");
  }

  @Test
  void givenABlockDamagedOnItsWay_whenFetched_thenItIsNamedAndNeverHandedOver() throws Exception {
    long damagedAt = 3L * BLOCK;
    var faulty = transport(KEY, LIMITS, link -> new Damaging(carriers().of(link), damagedAt));
    shelf.sources.put("s", new Pattern(1).source(8L * BLOCK));
    var faultyServer = faulty.serve(BulkTransport.LOOPBACK, shelf);
    var connection = transport(KEY, LIMITS).connect(faultyServer.address());
    var handedOver = new ArrayList<Long>();
    var failure =
        thrownBy(() ->
            connection.fetch(
                name("s"), (h, size) -> Destination.blocks((at, block) -> handedOver.add(at))));
    assertThat(failure.kind()).isEqualTo(Kind.DAMAGED);
    assertThat(failure.definite()).isTrue();
    assertThat(failure)
        .hasMessageContaining("offset=" + damagedAt)
        .hasMessageMatching(".*expected=crc32c:[0-9a-f]{8} actual=crc32c:[0-9a-f]{8}.*");
    assertThat(handedOver).containsExactly(0L, 1L * BLOCK, 2L * BLOCK);
  }

  @Test
  void givenABlockDamagedOnItsWay_whenPushed_thenTheSenderHearsWhichAndNothingIsCompleted()
      throws Exception {
    long damagedAt = 5L * BLOCK;
    var faulty = transport(KEY, LIMITS, link -> new Damaging(carriers().of(link), damagedAt));
    var connection = faulty.connect(server.address());
    var failure =
        thrownBy(() -> connection.push(new Offer(name("p"), new Pattern(1).source(64L * BLOCK))));
    assertThat(failure.kind()).isEqualTo(Kind.FAILED);
    assertThat(failure.definite()).isTrue();
    assertThat(failure).hasMessageContaining("offset=" + damagedAt);
    assertThat(shelf.pushed).isEmpty();
  }

  @Test
  void givenASourceThatFails_whenFetched_thenTheReceiverHearsWhy() throws Exception {
    shelf.sources.put("s", failingAt(2L * BLOCK, 8L * BLOCK));
    var failure = thrownBy(() -> connect().fetch(name("s"), arena.allocate(8L * BLOCK)));
    assertThat(failure.kind()).isEqualTo(Kind.FAILED);
    assertThat(failure).hasMessageContaining("offset=" + 2 * BLOCK).hasMessageContaining("torn");
  }

  private static Source failingAt(long failsAt, long sizeBytes) {
    var source = new Pattern(1).source(sizeBytes);
    return new Source() {
      @Override
      public long sizeBytes() {
        return sizeBytes;
      }

      @Override
      public MemorySegment block(long offset, int bytes) throws IOException {
        if (offset == failsAt) {
          throw new IOException("torn");
        }
        return source.block(offset, bytes);
      }
    };
  }

  @Test
  void givenADestinationThatFails_whenPushed_thenTheSenderHearsWhyAndItIsClosed() throws Exception {
    var closed = new CountDownLatch(1);
    var failing =
        serving(
            new Sink(
                (at, block) -> {
                  if (at == 2L * BLOCK) {
                    throw new IOException("disk full");
                  }
                },
                closed));
    var connection = transport(KEY, LIMITS).connect(failing.address());
    var failure = thrownBy(() -> connection.push(endless()));
    assertThat(failure.kind()).isEqualTo(Kind.FAILED);
    assertThat(failure.definite()).isTrue();
    assertThat(failure)
        .hasMessageContaining("offset=" + 2 * BLOCK)
        .hasMessageContaining("disk full");
    closed.await();
  }

  private BulkServer serving(BulkHandler handler) throws IOException {
    return transport(KEY, LIMITS).serve(BulkTransport.LOOPBACK, handler);
  }

  /** More than any test moves. */
  private static Offer endless() {
    return new Offer(name("endless"), new Pattern(1).source(1L << 50));
  }

  @Test
  void givenASlowReceiver_whenFetched_thenTheSenderIsHeldBack() throws Exception {
    long size = 2048L * BLOCK; // 128 MiB, of which far less may be under way
    var sent = new AtomicLong();
    var pattern = new Pattern(1);
    shelf.sources.put("s", counting(pattern.source(size), sent));
    var ahead = new AtomicLong();
    Destination.Consumer slow =
        (at, block) -> {
          for (int i = 0; i < 10; i++) {
            assertThat(pattern.mismatch(block, at)).isEqualTo(-1);
          }
          ahead.accumulateAndGet(sent.get() - at, Math::max);
        };
    connect().fetch(name("s"), (header, bytes) -> Destination.blocks(slow));
    assertThat(ahead.get()).isBetween((long) BLOCK, Sending.WINDOW_BYTES + 2 * BLOCK);
  }

  private static Source counting(Source source, AtomicLong sent) {
    return new Source() {
      @Override
      public long sizeBytes() {
        return source.sizeBytes();
      }

      @Override
      public MemorySegment block(long offset, int bytes) throws IOException {
        sent.set(offset + bytes);
        return source.block(offset, bytes);
      }
    };
  }

  @Test
  void givenAServerClosedInTheMiddle_whenFetched_thenLostAndTheDestinationIsNotCompleted()
      throws Exception {
    shelf.sources.put("s", endless().source());
    var closer = server;
    var failure = fetchUntil(connect(), BLOCK, closer::close);
    assertThat(failure.kind()).isEqualTo(Kind.LOST);
    assertThat(failure.definite()).isTrue();
  }

  @Test
  void givenATransferUnderWay_whenItsConnectionIsClosedByAnotherThread_thenItEndsAsClosed()
      throws Exception {
    shelf.sources.put("s", endless().source());
    var connection = connect();
    var failure = fetchUntil(connection, 20L * BLOCK, connection::close);
    assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
  }

  @Test
  void givenASenderBlockedByItsReceiver_whenItsConnectionIsClosed_thenItEndsAsClosed()
      throws Exception {
    var accepted = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    var stuck = serving(new Stuck(accepted, never));
    var connection = transport(KEY, LIMITS).connect(stuck.address());
    try (var threads = Executors.newSingleThreadExecutor()) {
      var push = threads.submit(() -> thrownBy(() -> connection.push(endless())));
      accepted.await();
      connection.close();
      assertThat(push.get().kind()).isEqualTo(Kind.CLOSED);
    }
    never.countDown();
  }

  /** Accepts, and then takes nothing. */
  private record Stuck(CountDownLatch accepted, CountDownLatch never) implements BulkHandler {
    @Override
    public Offer fetch(byte[] request) throws TransferException {
      accepted.countDown();
      await();
      throw TransferException.refused("gives nothing");
    }

    @Override
    public Destination accept(byte[] header, long sizeBytes) {
      return Destination.blocks((at, block) -> {
        accepted.countDown();
        await();
      });
    }

    private void await() {
      try {
        never.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void givenAReceiverThatStops_whenPushed_thenSilentAfterTheLimit() throws Exception {
    var never = new CountDownLatch(1);
    var stuck = serving(new Stuck(new CountDownLatch(1), never));
    var impatient = transport(KEY, LIMITS.withSilence(Duration.ofMillis(200)));
    var push = thrownBy(() -> impatient.connect(stuck.address()).push(endless()));
    assertThat(push.kind()).isEqualTo(Kind.SILENT);
    assertThat(push).hasMessageContaining("silenceMs=200");
    never.countDown();
  }

  @Test
  void givenAServerThatNeverAnswers_whenFetched_thenSilentAfterTheLimit() throws Exception {
    var never = new CountDownLatch(1);
    var stuck = serving(new Stuck(new CountDownLatch(1), never));
    var impatient = transport(KEY, LIMITS.withSilence(Duration.ofMillis(200)));
    var connection = impatient.connect(stuck.address());
    var fetch = thrownBy(() -> connection.fetch(name("s"), arena.allocate(1)));
    assertThat(fetch.kind()).isEqualTo(Kind.SILENT);
    never.countDown();
  }

  @Test
  void givenAReceiverThatStopsAfterTheLastBlock_whenPushed_thenItMayHaveHappened()
      throws Exception {
    var never = new CountDownLatch(1);
    var stuck = serving(new Stuck(new CountDownLatch(1), never));
    var impatient = transport(KEY, LIMITS.withSilence(Duration.ofMillis(200)));
    var one = new Offer(name("p"), new Pattern(1).source(BLOCK));
    var push = thrownBy(() -> impatient.connect(stuck.address()).push(one));
    assertThat(push.kind()).isEqualTo(Kind.SILENT);
    assertThat(push.definite()).isFalse();
    never.countDown();
  }

  /** Fetches "s" and lets {@code action} happen, on another thread, once so much has come. */
  private static TransferException fetchUntil(BulkConnection connection, long at, Runnable action)
      throws Exception {
    return fetchUntil(connection, at, action, new CountDownLatch(1));
  }

  private static TransferException fetchUntil(
      BulkConnection connection, long at, Runnable action, CountDownLatch closed) throws Exception {
    var acting = new AtomicReference<Thread>();
    Destination.Consumer consumer =
        (offset, block) -> {
          if (offset >= at && acting.get() == null) {
            acting.set(Thread.ofVirtual().start(action));
          }
        };
    var failure = thrownBy(() -> connection.fetch(name("s"), new Sink(consumer, closed)));
    acting.get().join();
    return failure;
  }

  @Test
  void givenATransferUnderWay_whenItsTransportIsClosed_thenNoneTouchesMemoryAnyMore()
      throws Exception {
    shelf.sources.put("s", endless().source());
    var transport = transport(KEY, LIMITS);
    var connection = transport.connect(server.address());
    var destinations = new CountDownLatch(1);
    var closed = new AtomicReference<Long>();
    var failure =
        fetchUntil(
            connection,
            20L * BLOCK,
            () -> {
              transport.close();
              closed.set(destinations.getCount());
            },
            destinations);
    assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
    assertThat(closed.get()).as("destinations open when close returned").isZero();
  }

  @Test
  void givenAFullServer_whenOneMoreConnects_thenItIsServedAfterAnotherHasLeft() throws Exception {
    var one = new BulkLimits(BLOCK, Duration.ofMillis(200), 1);
    var full = transport(KEY, one).serve(BulkTransport.LOOPBACK, shelf);
    var impatient = transport(KEY, LIMITS.withSilence(Duration.ofMillis(200)));
    var first = impatient.connect(full.address());
    assertThat(thrownBy(() -> impatient.connect(full.address())).kind()).isEqualTo(Kind.SILENT);
    first.close();
    var next = transport(KEY, LIMITS).connect(full.address());
    next.push(Offer.of(name("s"), new Pattern(1).memory(arena, BLOCK)));
    assertThat(shelf.pushed).containsKey("s");
  }

  @Test
  void givenAServingProcess_whenItIsKilledInTheMiddle_thenLost() throws Exception {
    try (var process = BulkProcess.start(processCarrier(), "serve")) {
      var connection = transport(KEY, LIMITS).connect(process.address());
      var failure = fetchUntil(connection, 100L * BLOCK, process::kill);
      assertThat(failure.kind()).isEqualTo(Kind.LOST);
    }
  }

  @Test
  void givenAPushingProcess_whenItIsKilledInTheMiddle_thenTheDestinationIsClosedNotCompleted()
      throws Exception {
    var some = new CountDownLatch(100);
    var closed = new CountDownLatch(1);
    var target = serving(new Sink((at, block) -> some.countDown(), closed));
    var port = String.valueOf(target.address().getPort());
    try (var process = BulkProcess.start(processCarrier(), "push", port)) {
      some.await();
      process.kill();
      closed.await();
    }
  }

  /** Hands every block over and never gets all; says when it is closed. */
  private record Sink(Destination.Consumer consumer, CountDownLatch closed) implements BulkHandler {
    @Override
    public Offer fetch(byte[] request) throws TransferException {
      throw TransferException.refused("gives nothing");
    }

    @Override
    public Destination accept(byte[] header, long sizeBytes) {
      var all = Destination.blocks(consumer);
      return new Destination() {
        @Override
        public MemorySegment block(long offset, int bytes) throws IOException {
          return all.block(offset, bytes);
        }

        @Override
        public void verified(long offset, MemorySegment block) throws IOException {
          all.verified(offset, block);
        }

        @Override
        public void complete() {
          throw new AssertionError("not all came");
        }

        @Override
        public void close() {
          all.close();
          closed.countDown();
        }
      };
    }
  }

  /** More than an int counts. */
  long largeBytes() {
    return (3L << 30) + 5;
  }

  @Test
  void givenGibibytesMapped_whenFetched_thenAllOfThemArrive(@TempDir Path folder) throws Exception {
    long size = largeBytes();
    var file = sparse(folder.resolve("sparse"), size);
    var marks = new long[] {0, Integer.MAX_VALUE - 3L, (1L << 31) + 1, size - 13, size - 8};
    for (long mark : marks) {
      file.set(ValueLayout.JAVA_LONG_UNALIGNED, mark, ~mark);
    }
    shelf.sources.put("s", Source.of(file));
    var connection = transport(KEY, LIMITS.withBlockBytes(1 << 20)).connect(server.address());
    var next = new AtomicLong();
    Destination.Consumer compare =
        (at, block) -> {
          assertThat(next.getAndAdd(block.byteSize())).isEqualTo(at);
          assertThat(file.asSlice(at, block.byteSize()).mismatch(block)).isEqualTo(-1);
        };
    assertThat(connection.fetch(name("s"), (h, bytes) -> Destination.blocks(compare)).sizeBytes())
        .isEqualTo(size);
    assertThat(next.get()).isEqualTo(size);
  }

  private MemorySegment sparse(Path file, long bytes) throws IOException {
    var options =
        new StandardOpenOption[] {
          StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE
        };
    try (var channel = FileChannel.open(file, options)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
    }
  }
}
