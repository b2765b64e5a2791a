package dev.muster.worker.checkpoint.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.muster.collectives.bulk.TransferException;
import dev.muster.worker.checkpoint.snapshot.CopyRefusedException;
import dev.muster.worker.checkpoint.snapshot.SnapshotCopy;
import dev.muster.worker.checkpoint.snapshot.SnapshotDamagedException;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The copies of other nodes' snapshots on this one, and those under way. Thread-safe. */
final class Copies {
  private static final String PREFIX = "copy-";
  private static final int NAME_CHARS_MAX = 64;
  private static final int DIGEST_BYTES = 8;
  private static final Comparator<SnapshotPoint> AGE =
      Comparator.comparingLong(SnapshotPoint::generation).thenComparingLong(SnapshotPoint::step);

  private final SnapshotPlaces places;
  private final Map<String, Arrival> underWay = new TreeMap<>(); // by copy name

  Copies(SnapshotPlaces places) {
    this.places = places;
  }

  /**
   * Under which a snapshot is kept here. The copy of a copy has the name of the copy, so that a
   * state has one name wherever it goes.
   */
  static String name(String snapshot) {
    if (snapshot.startsWith(PREFIX)) {
      return snapshot;
    }
    String name = PREFIX + snapshot;
    if (name.length() <= NAME_CHARS_MAX) {
      return name;
    }
    String digest = digest(snapshot);
    return name.substring(0, NAME_CHARS_MAX - digest.length()) + digest;
  }

  private static String digest(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return "-" + HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Takes what a peer pushes, unless it is older than what is here. */
  synchronized Arrival newer(Shipment shipment, long sizeBytes) throws TransferException {
    for (SnapshotPoint held : held(name(shipment.name()))) {
      if (AGE.compare(shipment.image().point(), held) < 0) {
        throw Refusal.OUTDATED.because(shipment.describe() + " is older than " + held);
      }
    }
    return any(shipment, sizeBytes);
  }

  private List<SnapshotPoint> held(String name) {
    try (var reader = SnapshotReader.open(places, name).orElse(null)) {
      return reader == null ? List.of() : reader.points();
    } catch (SnapshotDamagedException | UncheckedIOException goneOrDamaged) {
      return List.of();
    }
  }

  /** Takes it in any case: this node asked for it. */
  synchronized Arrival any(Shipment shipment, long sizeBytes) throws TransferException {
    String name = name(shipment.name());
    if (sizeBytes != shipment.image().sizeBytes()) {
      throw Refusal.MALFORMED.because(
          shipment.describe()
              + " expectedBytes="
              + shipment.image().sizeBytes()
              + " actualBytes="
              + sizeBytes);
    }
    if (underWay.containsKey(name)) {
      throw Refusal.IN_USE.because("another copy of it is on its way: " + shipment.describe());
    }
    var arrival = new Arrival(this, name, begin(name, shipment));
    underWay.put(name, arrival);
    return arrival;
  }

  private SnapshotCopy begin(String name, Shipment shipment) throws TransferException {
    try {
      return SnapshotCopy.begin(places, name, shipment.image());
    } catch (CopyRefusedException e) {
      throw Refusal.of(e.reason()).because(shipment.describe() + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw Refusal.MALFORMED.because(shipment.describe() + ": " + e.getMessage());
    }
  }

  /** Makes it visible, unless it was dropped since it began. */
  synchronized void complete(Arrival arrival, SnapshotCopy copy) {
    arrival.requireWanted();
    copy.complete();
  }

  /** Its file is closed: the next one of its name may begin. */
  synchronized void ended(Arrival arrival) {
    underWay.remove(arrival.name());
  }

  /** Also what is under way: that fails with its next block. */
  synchronized void drop(Collection<String> snapshots) {
    for (String snapshot : snapshots) {
      String name = name(snapshot);
      Optional.ofNullable(underWay.get(name)).ifPresent(Arrival::drop);
      places.remove(name);
    }
  }
}
