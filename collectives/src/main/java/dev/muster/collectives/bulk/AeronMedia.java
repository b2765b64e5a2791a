package dev.muster.collectives.bulk;

import static dev.muster.collectives.bulk.AeronSettings.Threads.DEDICATED;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A media driver inside this process and its client. Its threads back off to sleeping, since ranks
 * may need all cores.
 */
final class AeronMedia implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AeronMedia.class);
  private static final int COUNTERS_BYTES = 1 << 20;
  private static final int COMMANDS_BYTES = 1 << 20;
  private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);
  private static final long PARK_NS_MIN = 1_000;
  private static final long PARK_NS_MAX = 4_000_000;
  private static final int HOUSEKEEPING_MS = 8;

  /** Counters with their labels and commands (both below 8 MiB), and one connection's two logs. */
  private static long neededBytes(AeronSettings settings) {
    return (16L << 20) + 2L * 3 * settings.termBytes();
  }

  private final AeronSettings settings;
  private final MediaFolder folder;
  private final MediaDriver driver;
  private final Aeron client;

  private AeronMedia(AeronSettings settings, MediaFolder folder, MediaDriver driver, Aeron client) {
    this.settings = settings;
    this.folder = folder;
    this.driver = driver;
    this.client = client;
  }

  /**
   * @throws IOException no room in the directory, or the driver does not start
   */
  static AeronMedia start(AeronSettings settings) throws IOException {
    return start(settings, context -> context);
  }

  /** For tests: with a driver that is not as it should be. */
  static AeronMedia start(AeronSettings settings, UnaryOperator<MediaDriver.Context> change)
      throws IOException {
    var folder = MediaFolder.create(settings, neededBytes(settings));
    MediaDriver driver = null;
    try {
      driver = MediaDriver.launchEmbedded(change.apply(context(settings, folder)));
      return new AeronMedia(settings, folder, driver, connect(driver));
    } catch (RuntimeException e) {
      try (folder;
          var started = driver) {
        throw new IOException("cannot start the media driver: error=" + e.getMessage(), e);
      }
    }
  }

  private static MediaDriver.Context context(AeronSettings settings, MediaFolder folder) {
    int socketBytes = Math.min(2 * settings.windowBytes(), kernelLimit());
    return new MediaDriver.Context()
        .aeronDirectoryName(folder.driver().toString())
        .dirDeleteOnStart(true)
        .dirDeleteOnShutdown(true)
        .threadingMode(
            settings.threads() == DEDICATED ? ThreadingMode.DEDICATED : ThreadingMode.SHARED)
        .sharedIdleStrategy(kind())
        .senderIdleStrategy(kind())
        .receiverIdleStrategy(kind())
        .conductorIdleStrategy(new SleepingMillisIdleStrategy(HOUSEKEEPING_MS))
        .asyncExecutorIdleStrategy(new SleepingMillisIdleStrategy(HOUSEKEEPING_MS))
        .termBufferSparseFile(false) // space is taken where it was measured, not at the first touch
        .publicationTermBufferLength(settings.termBytes())
        .socketRcvbufLength(socketBytes)
        .socketSndbufLength(socketBytes)
        .initialWindowLength(Math.min(settings.windowBytes(), socketBytes))
        .counterValuesBufferLength(COUNTERS_BYTES)
        .conductorBufferLength(COMMANDS_BYTES + 768)
        .publicationLingerTimeoutNs(LINGER_NS)
        .errorHandler(error -> LOG.warn("media driver: {}", error.getMessage(), error));
  }

  private static Aeron connect(MediaDriver driver) {
    return Aeron.connect(
        new Aeron.Context()
            .aeronDirectoryName(driver.aeronDirectoryName())
            .idleStrategy(new SleepingMillisIdleStrategy(HOUSEKEEPING_MS))
            .errorHandler(error -> LOG.warn("media client: {}", error.getMessage(), error)));
  }

  static IdleStrategy kind() {
    return new BackoffIdleStrategy(100, 50, PARK_NS_MIN, PARK_NS_MAX);
  }

  /** What a socket may buffer at most; the driver refuses a window beyond it. */
  private static int kernelLimit() {
    try {
      var limits =
          Math.min(
              limit(Path.of("/proc/sys/net/core/rmem_max")),
              limit(Path.of("/proc/sys/net/core/wmem_max")));
      return (int) Math.min(limits, Integer.MAX_VALUE);
    } catch (IOException | NumberFormatException e) {
      return 128 << 10; // the driver's own default
    }
  }

  /** In one read: a second one of such a file finds its end, after the first digit if need be. */
  private static long limit(Path file) throws IOException {
    var text = new byte[32];
    try (var in = Files.newInputStream(file)) {
      return Long.parseLong(new String(text, 0, Math.max(0, in.read(text)), US_ASCII).strip());
    }
  }

  AeronSettings settings() {
    return settings;
  }

  Aeron client() {
    return client;
  }

  @Override
  public void close() {
    try (folder;
        driver) {
      client.close();
    }
  }
}
