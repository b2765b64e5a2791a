package dev.muster.worker.checkpoint.peer;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.collectives.bulk.BulkHandler;
import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.Destination;
import dev.muster.collectives.bulk.Offer;
import dev.muster.collectives.bulk.Source;
import dev.muster.collectives.bulk.TransferException;
import dev.muster.collectives.bulk.TransferException.Kind;
import dev.muster.worker.checkpoint.snapshot.Outcome;
import dev.muster.worker.checkpoint.snapshot.SavedState;
import dev.muster.worker.checkpoint.snapshot.SnapshotImage;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Peers that say nonsense, hang, go away or have no room. */
@Timeout(120)
class PeerFailureTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private final BulkTransport transport =
      BulkTransport.tcp(PeerStoreContract.KEY, BulkLimits.DEFAULT);
  private Host a;
  private Host b;
  private SavedState state;

  @BeforeEach
  void open() throws IOException {
    a = new Host(folder, "a", transport);
    b = new Host(folder, "b", transport);
    state = SavedState.of(arena, "w", 5 * MIB);
    save(1);
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
    transport.close();
    arena.close();
  }

  private void save(long step) {
    a.save("a-0", at(step, 1), state.fill(step).tensors());
  }

  private static TransferException failure(FutureTask<?> task) {
    var failure = catchThrowableOfType(ExecutionException.class, task::get);
    assertThat(failure).as("the end of a transfer").isNotNull();
    return (TransferException) failure.getCause();
  }

  private FutureTask<PeerStore.Moved> inBackground(InetSocketAddress peer) {
    var task = new FutureTask<>(() -> a.store.push("a-0", at(1, 1), peer));
    Thread.ofPlatform().start(task);
    return task;
  }

  // ---- nonsense

  private SnapshotImage image() {
    try (var source = PinnedSource.open(a.places, "a-0", at(1, 1)).orElseThrow()) {
      return source.image();
    }
  }

  private static SnapshotImage sized(SnapshotImage i, long tableBytes, long dataBytes) {
    return new SnapshotImage(
        i.format(),
        i.byteOrder(),
        i.point(),
        tableBytes,
        i.blocks(),
        dataBytes,
        i.tableCrc(),
        i.sumsCrc());
  }

  private TransferException pushing(byte[] header, long sizeBytes) throws TransferException {
    try (var connection = transport.connect(b.address())) {
      return catchThrowableOfType(
          TransferException.class, () -> connection.push(new Offer(header, zeros(sizeBytes))));
    }
  }

  private TransferException pushing(String name, SnapshotImage image, long sizeBytes)
      throws TransferException {
    return pushing(PeerJson.encode(new Shipment(Host.RUN, "a", name, image)), sizeBytes);
  }

  private Source zeros(long sizeBytes) {
    var zeros = arena.allocate(MIB);
    return new Source() {
      @Override
      public long sizeBytes() {
        return sizeBytes;
      }

      @Override
      public MemorySegment block(long offset, int bytes) {
        return zeros.asSlice(0, bytes);
      }
    };
  }

  @Test
  void givenNonsense_whenPushed_thenRefusedAndNothingIsLeft() throws Exception {
    var image = image();
    assertThat(Refusal.MALFORMED.is(pushing("{}".getBytes(), 5))).isTrue();
    assertThat(Refusal.MALFORMED.is(pushing("not JSON".getBytes(), 5))).isTrue();
    assertThat(Refusal.MALFORMED.is(pushing("x", image, image.sizeBytes() + 1))).isTrue();
    var negative = sized(image, -4096, image.dataBytes());
    assertThat(Refusal.MALFORMED.is(pushing("x", negative, negative.sizeBytes()))).isTrue();
    assertThat(pushing("/../../x", image, image.sizeBytes()).kind()).isEqualTo(Kind.REFUSED);
    assertThat(b.complete()).isEmpty();
    assertThat(b.places.shared()).isEmptyDirectory();
  }

  @Test
  void givenNoSnapshotAtAll_whenItsBytesArrive_thenTheTableIsNamedAndNothingIsLeft()
      throws Exception {
    var failure = pushing("x", image(), image().sizeBytes());
    assertThat(failure.kind()).isEqualTo(Kind.FAILED);
    assertThat(failure).hasMessageContaining("step=1 table").hasMessageContaining("crc32c");
    assertThat(b.places.shared()).isEmptyDirectory();
  }

  @Test
  void givenAPeerThatGivesAnotherPoint_whenFetched_thenItIsNotTaken() throws Exception {
    BulkHandler liar =
        (BulkHandler.Giving)
            request ->
                new Offer(
                    PeerJson.encode(new Shipment(Host.RUN, "liar", "x", image())),
                    zeros(image().sizeBytes()));
    try (var server = transport.serve(BulkTransport.LOOPBACK, liar)) {
      var failure =
          catchThrowableOfType(
              TransferException.class, () -> b.store.fetch(at(2, 1), server.address(), () -> {}));
      assertThat(Refusal.MALFORMED.is(failure)).isTrue();
      assertThat(b.complete()).isEmpty();
    }
  }

  @Test
  void givenTheWire_whenEncoded_thenItIsWhatItWas() throws Exception {
    var image =
        new SnapshotImage(3, "LITTLE_ENDIAN", new SnapshotPoint(7, 3, 5, 8), 88, 2, 9000, -1, 17);
    assertThat(PeerJson.encode(new Shipment("run", "n0", "n0-4", image)))
        .asString()
        .isEqualTo(
            "{\"run\":\"run\",\"node\":\"n0\",\"name\":\"n0-4\",\"image\":{\"format\":3,"
                + "\"byteOrder\":\"LITTLE_ENDIAN\",\"point\":{\"step\":7,\"generation\":3,\"rank\":5,"
                + "\"worldSize\":8},\"tableBytes\":88,\"blocks\":2,\"dataBytes\":9000,\"tableCrc\":-1,"
                + "\"sumsCrc\":17}}");
    var request = PeerJson.encode(new Request("run", "n1", new SnapshotPoint(7, 3, 5, 8)));
    assertThat(request)
        .asString()
        .isEqualTo(
            "{\"run\":\"run\",\"node\":\"n1\",\"point\":{\"step\":7,\"generation\":3,\"rank\":5,"
                + "\"worldSize\":8}}");
    assertThat(PeerJson.decode(request, Request.class).point().rank()).isEqualTo(5);
  }

  // ---- room

  @Test
  void givenNoRoom_whenPushed_thenRefusedWithTheFiguresAndTheEarlierCopyStays() throws Exception {
    a.store.push("a-0", at(1, 1), b.address());
    save(2);
    var image = image();
    var huge =
        new SnapshotImage(
            image.format(), image.byteOrder(), at(2, 1), 88, 1L << 25, 1L << 45, 0, 0);
    var failure = pushing("a-0", huge, huge.sizeBytes());
    assertThat(Refusal.NO_ROOM.is(failure)).isTrue();
    assertThat(failure).hasMessageContaining("neededBytes=").hasMessageContaining("usableBytes=");
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1));
  }

  // ---- in the middle

  /** A snapshot that stops in its middle until it is let go on. */
  private final class Halting implements Source {
    private final PinnedSource all = PinnedSource.open(a.places, "a-0", at(2, 1)).orElseThrow();
    private final CountDownLatch inTheMiddle = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public long sizeBytes() {
      return all.sizeBytes();
    }

    @Override
    public MemorySegment block(long offset, int bytes) throws IOException {
      if (offset > 2 * MIB) {
        inTheMiddle.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      return all.block(offset, bytes);
    }

    @Override
    public void close() {
      all.close();
    }
  }

  private interface Meanwhile {
    void run() throws Exception;
  }

  /** Of step 2, where that of step 1 is already. */
  private FutureTask<?> pushed(Meanwhile meanwhile) throws Exception {
    a.store.push("a-0", at(1, 1), b.address());
    save(2);
    var source = new Halting();
    var header = PeerJson.encode(new Shipment(Host.RUN, "a", "a-0", source.all.image()));
    var task =
        new FutureTask<Void>(() -> {
          try (var connection = transport.connect(b.address())) {
            connection.push(new Offer(header, source));
          }
          return null;
        });
    Thread.ofPlatform().start(task);
    source.inTheMiddle.await();
    meanwhile.run();
    source.goOn.countDown();
    return task;
  }

  @Test
  void givenACopyUnderWay_whenLookedAt_thenOnlyTheEarlierOneIsListedAndItCannotBeginTwice()
      throws Exception {
    var task =
        pushed(() -> {
          assertThat(b.points("copy-a-0")).containsExactly(at(1, 1));
          var again =
              catchThrowableOfType(
                  TransferException.class, () -> a.store.push("a-0", at(2, 1), b.address()));
          assertThat(Refusal.IN_USE.is(again)).isTrue();
        });
    task.get();
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1), at(2, 1));
  }

  @Test
  void givenACopyUnderWay_whenDropped_thenItFailsAndNothingIsLeft() throws Exception {
    var task = pushed(() -> b.store.drop(List.of("a-0")));
    assertThat(failure(task)).hasMessageContaining("dropped");
    assertThat(b.places.shared()).isEmptyDirectory();
    a.store.push("a-0", at(2, 1), b.address());
    assertThat(b.points("copy-a-0")).containsExactly(at(2, 1));
  }

  @Test
  void givenACopyUnderWay_whenSomebodyRemovesItsFile_thenTheSenderHearsOfIt() throws Exception {
    var task = pushed(() -> b.places.remove("copy-a-0"));
    assertThat(failure(task)).hasMessageContaining("removed");
    assertThat(b.complete()).isEmpty();
  }

  @Test
  void givenACopyUnderWay_whenTheReceiverCloses_thenItEndsAndTheEarlierCopyStays()
      throws Exception {
    var task = pushed(b::close);
    assertThat(failure(task)).isNotNull();
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1));
  }

  // ---- silence and closing

  private static final class Hanging implements BulkHandler.Giving {
    private final CountDownLatch asked = new CountDownLatch(1);

    @Override
    public Offer fetch(byte[] request) throws TransferException {
      throw TransferException.refused("nothing here");
    }

    @Override
    public Destination accept(byte[] header, long sizeBytes) throws TransferException {
      asked.countDown();
      try {
        new CountDownLatch(1).await();
        throw new AssertionError();
      } catch (InterruptedException closing) {
        throw TransferException.refused("closing");
      }
    }
  }

  @Test
  void givenAPeerThatHangs_whenPushed_thenSilentAndTheSnapshotIsFree() throws Exception {
    var limits = BulkLimits.DEFAULT.withSilence(Duration.ofMillis(200));
    try (var impatient = BulkTransport.tcp(PeerStoreContract.KEY, limits);
        var sender = new Host(folder, "sender", impatient);
        var server = transport.serve(BulkTransport.LOOPBACK, new Hanging())) {
      sender.save("s", at(1, 1), state.tensors());
      var failure =
          catchThrowableOfType(
              TransferException.class, () -> sender.store.push("s", at(1, 1), server.address()));
      assertThat(failure.kind()).isEqualTo(Kind.SILENT);
      sender.save("s", at(2, 1), state.tensors());
      sender.save("s", at(3, 1), state.tensors());
    }
  }

  @Test
  void givenAPushUnderWay_whenTheStoreCloses_thenItEndsWithAnError() throws Exception {
    var hanging = new Hanging();
    try (var server = transport.serve(BulkTransport.LOOPBACK, hanging)) {
      var task = inBackground(server.address());
      hanging.asked.await();
      a.close();
      assertThat(failure(task).kind()).isEqualTo(Kind.CLOSED);
    }
    var after =
        catchThrowableOfType(
            TransferException.class, () -> a.store.push("a-0", at(1, 1), b.address()));
    assertThat(after).hasMessageContaining("closed");
  }

  /** The kernel connects, nobody answers. */
  @Test
  void givenAConnectionInTheMaking_whenTheStoreCloses_thenItEndsWithAnError() throws Exception {
    try (var deaf = new ServerSocket(0, 1, BulkTransport.LOOPBACK.getAddress())) {
      var task = inBackground((InetSocketAddress) deaf.getLocalSocketAddress());
      try (var connecting = deaf.accept()) {
        assertThat(connecting.getInputStream().read()).isPositive();
        a.close();
        assertThat(failure(task)).isNotNull();
      }
    }
  }

  @Test
  void givenAPeerThatStartedAgain_whenPushed_thenANewConnectionIsMade() throws Exception {
    a.store.push("a-0", at(1, 1), b.address());
    int port = b.address().getPort();
    b.close();
    save(2);
    try (var restarted =
        PeerStore.open(
            transport,
            new InetSocketAddress(BulkTransport.LOOPBACK.getAddress(), port),
            Host.RUN,
            "b",
            b.places)) {
      a.store.push("a-0", at(2, 1), restarted.address());
    }
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1), at(2, 1));
  }

  // ---- a writer that goes on

  @Test
  void givenASnapshotThatIsRead_whenItsWriterGoesOn_thenItSavesElsewhere() {
    try (var writer = new SnapshotWriter(a.places, "w")) {
      writer.save(at(1, 1), state.tensors());
      try (var source = PinnedSource.open(a.places, "w", at(1, 1)).orElseThrow()) {
        source.block(0, 4096);
        assertThat(writer.save(at(2, 1), state.tensors())).isInstanceOf(Outcome.Saved.class);
        assertThat(writer.save(at(3, 1), state.tensors())).isInstanceOf(Outcome.Saved.class);
        assertThat(a.points("w")).containsExactly(at(1, 1), at(2, 1), at(3, 1));
      }
      assertThat(writer.save(at(4, 1), state.tensors())).isInstanceOf(Outcome.Saved.class);
    }
  }

  @Test
  void givenAWriterThatNeverStops_whenItsSnapshotsArePushed_thenEachCopyIsOneOfThem()
      throws Exception {
    var writing = new FutureTask<Void>(this::saveUntilInterrupted, null);
    var thread = Thread.ofPlatform().start(writing);
    int copies = 0;
    while (copies < 20) {
      var newest = a.points("w");
      if (!newest.isEmpty() && pushedNow(newest.getLast())) {
        copies++;
        var actual = SavedState.of(arena, "w", 2 * MIB);
        b.restore("copy-w", newest.getLast(), actual.tensors());
        var expected = SavedState.of(arena, "w", 2 * MIB).fill(newest.getLast().step());
        assertThat(actual.sameBytes(expected)).as("%s", newest).isTrue();
      }
    }
    thread.interrupt();
    writing.get();
  }

  /** It may be gone by now, or the same as the last time. */
  private boolean pushedNow(SnapshotPoint point) throws TransferException {
    try {
      return a.store.push("w", point, b.address()).bytes() > 0;
    } catch (TransferException e) {
      if (Refusal.NOT_HERE.is(e)) {
        return false;
      }
      throw e;
    }
  }

  private void saveUntilInterrupted() {
    var changing = SavedState.of(arena, "w", 2 * MIB);
    try (var writer = new SnapshotWriter(a.places, "w")) {
      for (long step = 1; !Thread.currentThread().isInterrupted(); step++) {
        writer.save(at(step, 1), changing.fill(step).tensors());
      }
    }
  }
}
