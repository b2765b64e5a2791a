package dev.muster.worker.checkpoint.storage;

import static dev.muster.worker.checkpoint.storage.CheckpointStorage.MANIFEST;

import dev.muster.worker.checkpoint.storage.Verification.Depth;
import dev.muster.worker.checkpoint.storage.Verification.Finding;
import dev.muster.worker.checkpoint.storage.Verification.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/** Compares one step's files with its manifest. One use, one thread. */
final class Verifier {
  private static final long CHUNK_BYTES = 8 << 20;

  private final CheckpointStorage storage;
  private final long step;
  private final Depth depth;
  private final List<Finding> findings = new ArrayList<>();
  private final Map<String, Long> sizes = new TreeMap<>();

  private Verifier(CheckpointStorage storage, long step, Depth depth) {
    this.storage = storage;
    this.step = step;
    this.depth = depth;
  }

  /**
   * @throws IOException the files cannot even be listed
   */
  static Verification verify(CheckpointStorage storage, long step, Depth depth) throws IOException {
    var verifier = new Verifier(storage, step, depth);
    verifier.run();
    return new Verification(step, verifier.findings);
  }

  /**
   * Shards alone, against a manifest that may not be stored yet.
   *
   * @throws IOException the files cannot even be listed
   */
  static Verification verify(
      CheckpointStorage storage, Manifest manifest, Depth depth, Predicate<Manifest.Shard> which)
      throws IOException {
    var verifier = new Verifier(storage, manifest.step(), depth);
    verifier.findSizes();
    manifest.shards().stream().filter(which).forEach(verifier::shard);
    return new Verification(manifest.step(), verifier.findings);
  }

  private void findSizes() throws IOException {
    storage.files(step).forEach(f -> sizes.put(f.file(), f.sizeBytes()));
  }

  private void run() throws IOException {
    findSizes();
    var manifest = manifest();
    if (manifest.isPresent()) {
      manifest.get().shards().forEach(this::shard);
      foreign(manifest.get());
    }
  }

  private Optional<Manifest> manifest() {
    if (!sizes.containsKey(MANIFEST)) {
      add(Kind.MISSING, MANIFEST, "never committed or deleted");
      return Optional.empty();
    }
    try {
      return Optional.of(CheckpointReader.manifest(storage, step));
    } catch (IOException e) {
      unreadable(MANIFEST, e);
      return Optional.empty();
    }
  }

  private void shard(Manifest.Shard shard) {
    Long size = sizes.get(shard.file());
    if (size == null) {
      add(Kind.MISSING, shard.file(), "expectedBytes=" + shard.sizeBytes());
    } else if (size != shard.sizeBytes()) {
      add(
          size < shard.sizeBytes() ? Kind.TRUNCATED : Kind.DAMAGED,
          shard.file(),
          "expectedBytes=" + shard.sizeBytes() + " actualBytes=" + size);
    } else {
      content(shard);
    }
  }

  private void content(Manifest.Shard shard) {
    try (var file = storage.open(step, shard.file())) {
      header(shard, SafetensorsReader.header(file));
      if (depth == Depth.BYTES) {
        bytes(shard, file);
      }
    } catch (IOException e) {
      unreadable(shard.file(), e);
    }
  }

  private static void header(Manifest.Shard shard, SafetensorsHeader header)
      throws DamagedCheckpointException {
    var expected = new TreeMap<String, String>();
    var actual = new TreeMap<String, String>();
    shard.tensors().forEach(t -> expected.put(t.name(), t.inFile() + "@" + t.offset()));
    header
        .tensors()
        .forEach(
            t -> actual.put(t.spec().name(), t.spec() + "@" + (header.dataStart() + t.offset())));
    if (!expected.equals(actual)) {
      var different = new TreeSet<>(expected.keySet());
      different.addAll(actual.keySet());
      different.removeIf(name -> actual.getOrDefault(name, "").equals(expected.get(name)));
      throw new DamagedCheckpointException(
          "header and manifest disagree: tensor="
              + different.first()
              + " expected="
              + expected.get(different.first())
              + " actual="
              + actual.get(different.first()));
    }
  }

  private static void bytes(Manifest.Shard shard, StoredFile file) throws IOException {
    long actual = crc32c(file);
    if (actual != shard.crc32c()) {
      throw new DamagedCheckpointException(
          "bytes changed: expectedCrc32c="
              + Long.toHexString(shard.crc32c())
              + " actualCrc32c="
              + Long.toHexString(actual));
    }
  }

  private static long crc32c(StoredFile file) throws IOException {
    var crc = new CRC32C();
    long size = file.sizeBytes();
    try (var arena = Arena.ofConfined()) {
      var staging = arena.allocate(Math.clamp(size, 1, CHUNK_BYTES), 64);
      for (long at = 0; at < size; at += staging.byteSize()) {
        MemorySegment chunk = staging.asSlice(0, Math.min(staging.byteSize(), size - at));
        file.read(at, chunk);
        crc.update(chunk.asByteBuffer());
      }
    }
    return crc.getValue();
  }

  private void foreign(Manifest manifest) {
    var known = manifest.files();
    sizes.keySet().stream()
        .filter(name -> !known.contains(name) && !name.equals(MANIFEST))
        .filter(name -> !StorageNames.part(name)) // a crash at the end of the commit leaves some
        .filter(name -> !ofAnotherGroup(name, manifest.generation())) // likewise, or is at work
        .filter(name -> !StorageNames.temporaryOf(name, MANIFEST))
        .forEach(name -> add(Kind.FOREIGN, name, "not in the manifest"));
  }

  private static boolean ofAnotherGroup(String name, long generation) {
    var of = StorageNames.generationOf(name);
    return of.isPresent() && of.getAsLong() != generation;
  }

  private void unreadable(String file, IOException e) {
    var kind = e instanceof DamagedCheckpointException ? Kind.DAMAGED : Kind.UNREADABLE;
    add(kind, file, String.valueOf(e.getMessage()));
  }

  private void add(Kind kind, String file, String detail) {
    findings.add(new Finding(kind, file, detail));
  }
}
