package dev.muster.worker.checkpoint.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.restore.Restore;
import dev.muster.worker.checkpoint.restore.SnapshotSource;
import dev.muster.worker.checkpoint.snapshot.Outcome;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/** A node as far as it keeps snapshots. */
final class Host implements AutoCloseable {
  static final String RUN = "run-1";

  final SnapshotPlaces places;
  final PeerStore store;
  private final Path shared;

  Host(Path folder, String node, BulkTransport transport) throws IOException {
    this(folder, node, transport, RUN);
  }

  Host(Path folder, String node, BulkTransport transport, String run) throws IOException {
    shared = folder.resolve(node + "-shm");
    places = new SnapshotPlaces(shared, folder.resolve(node + "-disk"), note -> {});
    store = PeerStore.open(transport, BulkTransport.LOOPBACK, run, node, places);
  }

  InetSocketAddress address() {
    return store.address();
  }

  void save(String name, SnapshotPoint point, List<NamedTensor> tensors) {
    try (var writer = new SnapshotWriter(places, name)) {
      assertThat(writer.save(point, tensors)).isInstanceOf(Outcome.Saved.class);
    }
  }

  List<SnapshotCensus.Found> complete() {
    var census = SnapshotCensus.of(places);
    assertThat(census.damaged()).isEmpty();
    return census.complete();
  }

  List<SnapshotPoint> points(String name) {
    return complete().stream()
        .filter(found -> found.name().equals(name))
        .map(SnapshotCensus.Found::point)
        .toList();
  }

  /** As a worker does that restores from its host's memory. */
  void restore(String name, SnapshotPoint point, List<NamedTensor> tensors) throws IOException {
    try (var source =
        SnapshotSource.open(places, List.of(name), point.generation(), point.step())) {
      assertThat(source.absent()).isEmpty();
      var loaded = Restore.load(source, tensors);
      assertThat(loaded.damaged()).isEmpty();
      assertThat(loaded.files()).containsExactly(file(name).toString());
    }
  }

  Path file(String name) {
    return shared.resolve(name + ".snap");
  }

  /** One byte, counted from the end of the file. */
  void invert(String name, long fromEnd) throws IOException {
    try (var file = new RandomAccessFile(file(name).toFile(), "rw")) {
      long at = file.length() - fromEnd;
      file.seek(at);
      int value = file.read();
      file.seek(at);
      file.write(~value);
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
