package dev.muster.cli.kills;

import dev.muster.worker.checkpoint.peer.PeerStore;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotDamagedException;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is under way in the memory of the hosts and on storage at this moment, as files show it. One
 * thread.
 */
final class Sight {
  private static final String COPY = PeerStore.copyName("");

  private final Hosts hosts;
  private final Path checkpoints;

  /**
   * @param checkpoints folder of the storage
   */
  Sight(Hosts hosts, Path checkpoints) {
    this.hosts = hosts;
    this.checkpoints = checkpoints;
  }

  /** An unfinished snapshot: {@code name} as {@code node-number}, or that of a copy. */
  record Torn(String node, String name) {
    boolean copy() {
      return name.startsWith(COPY);
    }
  }

  /** Saves and copies that are under way or were cut short. */
  List<Torn> torn() {
    var torn = new ArrayList<Torn>();
    for (var node : hosts.nodes()) {
      var places = hosts.places(node);
      if (places != null) {
        names(places).stream()
            .filter(name -> torn(places, name))
            .forEach(name -> torn.add(new Torn(node, name)));
        fresh(places.shared()).forEach(name -> torn.add(new Torn(node, name)));
      }
    }
    return torn;
  }

  private static List<String> names(SnapshotPlaces places) {
    try {
      return places.names();
    } catch (UncheckedIOException removed) {
      return List.of();
    }
  }

  private static boolean torn(SnapshotPlaces places, String name) {
    try (var reader = SnapshotReader.open(places, name).orElse(null)) {
      return reader != null && reader.torn();
    } catch (SnapshotDamagedException | UncheckedIOException removed) {
      return false;
    }
  }

  /** Files without a complete snapshot yet. */
  private static List<String> fresh(Path folder) {
    try (var files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".snap.new"))
          .map(f -> f.substring(0, f.length() - ".snap.new".length()))
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException removed) {
      return List.of();
    }
  }

  /** What is complete in the memory of the hosts, copies included. */
  List<SnapshotPoint> complete() {
    var points = new ArrayList<SnapshotPoint>();
    for (var node : hosts.nodes()) {
      Optional.ofNullable(hosts.places(node))
          .ifPresent(places ->
              SnapshotCensus.of(places).complete().forEach(found -> points.add(found.point())));
    }
    return points;
  }

  /** Steps that are checkpoints on storage, sorted. */
  List<Long> stored() throws IOException {
    var storage = new PosixStorage(checkpoints);
    var steps = new ArrayList<Long>();
    for (long step : storage.steps()) {
      if (has(storage, step, CheckpointStorage.MANIFEST)) {
        steps.add(step);
      }
    }
    return steps;
  }

  private static boolean has(PosixStorage storage, long step, String file) throws IOException {
    return storage.files(step).stream().anyMatch(f -> f.file().equals(file));
  }

  /** A shard is being written. */
  boolean persisting() throws IOException {
    return temporaries().stream().anyMatch(name -> name.contains("safetensors"));
  }

  /** All shards are there, the manifest is not: between the last part and the manifest's name. */
  boolean committing(int shards) throws IOException {
    var storage = new PosixStorage(checkpoints);
    for (long step : storage.steps()) {
      long parts = storage.files(step).stream().filter(f -> f.file().endsWith(".json")).count();
      if (parts >= shards && !has(storage, step, CheckpointStorage.MANIFEST)) {
        return true;
      }
    }
    return temporaries().stream().anyMatch(name -> name.contains(CheckpointStorage.MANIFEST));
  }

  /** Names of unfinished files on storage. */
  List<String> temporaries() throws IOException {
    var names = new ArrayList<String>();
    if (Files.isDirectory(checkpoints)) {
      try (var files = Files.walk(checkpoints, 2)) {
        files
            .map(f -> f.getFileName().toString())
            .filter(f -> f.endsWith(".tmp"))
            .forEach(names::add);
      } catch (UncheckedIOException removed) {
        // seen again at the next look
      }
    }
    return names;
  }
}
