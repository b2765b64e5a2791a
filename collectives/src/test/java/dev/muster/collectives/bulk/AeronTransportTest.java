package dev.muster.collectives.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.collectives.bulk.TransferException.Kind;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ext.DebugReceiveChannelEndpoint;
import io.aeron.driver.ext.LossGenerator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AeronTransportTest extends BulkTransportContract {
  @TempDir static Path folder;
  @TempDir static Path folderOfProcesses;
  private static AeronMedia media;

  @BeforeAll
  static void startMedia() throws IOException {
    media = AeronMedia.start(AeronSettings.in(folder));
  }

  @AfterAll
  static void stopMedia() {
    media.close();
    assertThat(folder).isEmptyDirectory();
  }

  @Override
  Carrier.Factory carriers() {
    return link -> new AeronCarrier(link, media);
  }

  @Override
  String processCarrier() {
    return folderOfProcesses.toString();
  }

  /** Slower than the other, which carries more. */
  @Override
  long largeBytes() {
    return (1L << 31) + (1 << 20) + 5;
  }

  @Test
  void givenTheOpenTransport_whenUsedAndClosed_thenNothingIsLeft(@TempDir Path own)
      throws Exception {
    var shelf = new Shelf();
    try (var transport = BulkTransport.aeron(KEY, BulkLimits.DEFAULT, AeronSettings.in(own));
        var arena = Arena.ofConfined();
        var server = transport.serve(BulkTransport.LOOPBACK, shelf);
        var connection = transport.connect(server.address())) {
      connection.push(Offer.of(Shelf.name("s"), new Pattern(1).memory(arena, 3 << 20)));
      assertThat(new Pattern(1).mismatch(shelf.pushed.get("s"), 0)).isEqualTo(-1);
    }
    assertThat(own).isEmptyDirectory();
  }

  @Test
  void givenNoRoomInMemory_whenStarted_thenItSaysHowMuchIsMissingOrTakesTheFallback(
      @TempDir Path disk) throws Exception {
    var none = Path.of("/proc"); // a file system without a byte to spare
    assertThatThrownBy(() -> AeronMedia.start(AeronSettings.in(none)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("directory=/proc neededBytes=")
        .hasMessageContaining("usableBytes=0");
    try (var started = AeronMedia.start(AeronSettings.in(none).orIn(disk))) {
      assertThat(disk).isNotEmptyDirectory();
      assertThat(started.client().isClosed()).isFalse();
    }
    assertThat(disk).isEmptyDirectory();
  }

  @Test
  void givenTheFolderOfAKilledProcess_whenTheNextStarts_thenItIsDeleted(@TempDir Path own)
      throws Exception {
    try (var process = BulkProcess.start(own.toString(), "serve")) {
      process.address();
      process.kill();
    }
    assertThat(own).isNotEmptyDirectory();
    AeronMedia.start(AeronSettings.in(own)).close();
    assertThat(own).isEmptyDirectory();
  }

  @Test
  void givenANetworkThatLosesPackets_whenTransferred_thenAllArrives(@TempDir Path own)
      throws Exception {
    long seed = 7;
    var lost = new AtomicLong();
    var shelf = new Shelf();
    var small = AeronSettings.in(own).withMtuBytes(1408);
    try (var lossy = AeronMedia.start(small, context -> losing(context, seed, lost));
        var arena = Arena.ofConfined();
        var transport = new ConnectedTransport(KEY, LIMITS, link -> new AeronCarrier(link, lossy));
        var server = transport.serve(BulkTransport.LOOPBACK, shelf);
        var connection = transport.connect(server.address())) {
      connection.push(Offer.of(Shelf.name("s"), new Pattern(seed).memory(arena, 8 << 20)));
      assertThat(new Pattern(seed).mismatch(shelf.pushed.get("s"), 0)).isEqualTo(-1);
    }
    assertThat(lost.get()).as("packets lost, seed=%d", seed).isPositive();
  }

  /** One data packet of a hundred does not arrive. */
  private static MediaDriver.Context losing(
      MediaDriver.Context context, long seed, AtomicLong lost) {
    var random = new SplittableRandom(seed);
    LossGenerator data =
        (address, buffer, length) -> random.nextInt(100) == 0 && lost.incrementAndGet() > 0;
    LossGenerator none = (address, buffer, length) -> false;
    return context.receiveChannelEndpointSupplier((channel, dispatcher, status, driver) ->
        new DebugReceiveChannelEndpoint(channel, dispatcher, status, driver, data, none));
  }

  @Test
  void givenOneEndOverTcp_whenItFetches_thenItSaysThatTheCarriersDiffer() throws Exception {
    var shelf = new Shelf();
    shelf.sources.put("s", new Pattern(1).source(BLOCK));
    try (var tcp = BulkTransport.tcp(KEY, LIMITS);
        var arena = Arena.ofConfined();
        var server =
            new ConnectedTransport(KEY, LIMITS, carriers()).serve(BulkTransport.LOOPBACK, shelf);
        var connection = tcp.connect(server.address())) {
      var failure =
          catchThrowableOfType(
              TransferException.class,
              () -> connection.fetch(Shelf.name("s"), arena.allocate(BLOCK)));
      assertThat(failure.kind()).isEqualTo(Kind.FAILED);
      assertThat(failure).hasMessageContaining("another carrier");
    }
  }
}
