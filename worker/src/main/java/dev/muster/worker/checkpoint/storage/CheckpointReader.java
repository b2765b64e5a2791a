package dev.muster.worker.checkpoint.storage;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads boxes of tensors from a checkpoint, whichever layout wrote it. The manifest is checked; the
 * bytes are not, see {@link Catalog#verify}. One thread.
 */
public final class CheckpointReader implements Closeable {
  private static final long SLAB_BYTES = 8 << 20;

  /** A box of a tensor, and the shard that holds it. */
  public record Piece(String file, Manifest.Tensor tensor) {}

  private final CheckpointStorage storage;
  private final Manifest manifest;

  /** By name of the tensor; one piece of each box, copies are left out. */
  private final Map<String, Map<Box, Piece>> pieces = new HashMap<>();

  private final Map<String, StoredFile> open = new HashMap<>();
  private final Arena arena = Arena.ofConfined();
  private MemorySegment staging = MemorySegment.NULL;

  private CheckpointReader(CheckpointStorage storage, Manifest manifest) {
    this.storage = storage;
    this.manifest = manifest;
    for (var shard : manifest.shards()) {
      for (var tensor : shard.tensors()) {
        pieces
            .computeIfAbsent(tensor.name(), name -> new LinkedHashMap<>())
            .putIfAbsent(tensor.box(), new Piece(shard.file(), tensor));
      }
    }
  }

  /**
   * @throws java.nio.file.NoSuchFileException there is no checkpoint of this step
   * @throws DamagedCheckpointException its manifest is damaged
   */
  public static CheckpointReader open(CheckpointStorage storage, long step) throws IOException {
    return new CheckpointReader(storage, manifest(storage, step));
  }

  static Manifest manifest(CheckpointStorage storage, long step) throws IOException {
    try (var file = storage.open(step, CheckpointStorage.MANIFEST)) {
      var json = new byte[Math.toIntExact(file.sizeBytes())];
      file.read(0, MemorySegment.ofArray(json));
      var manifest = ManifestJson.decode(file.name(), json);
      if (manifest.step() != step) {
        throw new DamagedCheckpointException(
            "manifest of another step: file="
                + file.name()
                + " expectedStep="
                + step
                + " actualStep="
                + manifest.step());
      }
      return manifest;
    }
  }

  public Manifest manifest() {
    return manifest;
  }

  /**
   * Fills the tensor's memory with its box.
   *
   * @throws DamagedCheckpointException the checkpoint has no such tensor of this type and shape
   */
  public void read(NamedTensor target) throws IOException {
    var shape = Arrays.stream(target.globalShape()).boxed().toList();
    var found = tensor(target.name());
    if (found.dtype() != ElementType.of(target.dtype()) || !found.shape().equals(shape)) {
      throw new DamagedCheckpointException(
          "checkpoint holds another tensor of this name: step="
              + manifest.step()
              + " tensor="
              + target.name()
              + " expected="
              + ElementType.of(target.dtype())
              + shape
              + " actual="
              + found.dtype()
              + found.shape());
    }
    read(target.name(), Box.of(target.box()), target.memory());
  }

  /**
   * @param box inside the tensor
   * @param target of exactly the box, row-major
   */
  public void read(String name, Box box, MemorySegment target) throws IOException {
    var tensor = tensor(name);
    if (!Box.whole(tensor.shape()).contains(box)) {
      throw new IllegalArgumentException(
          "box outside of its tensor: tensor=" + name + " shape=" + tensor.shape() + " box=" + box);
    }
    BoxCopy.requireSize(name, target, box, tensor.dtype().sizeBytes());
    for (var piece : pieces.get(name).values()) {
      read(piece, box, target);
    }
  }

  /** All there is, copies included. */
  public List<Piece> pieces() {
    return manifest.shards().stream()
        .flatMap(shard -> shard.tensors().stream().map(t -> new Piece(shard.file(), t)))
        .toList();
  }

  /** Whether a shard is byte by byte what the manifest says; reads all of it. */
  public Verification verify(String file) throws IOException {
    return Verifier.verify(storage, manifest, Depth.BYTES, s -> s.file().equals(file));
  }

  /** Each tensor once, as the first shard that has it describes it. */
  List<Manifest.Tensor> tensors() {
    return pieces.values().stream().map(p -> p.values().iterator().next().tensor()).toList();
  }

  private Manifest.Tensor tensor(String name) throws DamagedCheckpointException {
    var found = pieces.get(name);
    if (found == null) {
      throw new DamagedCheckpointException(
          "checkpoint has no such tensor: step=" + manifest.step() + " tensor=" + name);
    }
    return found.values().iterator().next().tensor();
  }

  /**
   * Reads what a piece and {@code box} have in common.
   *
   * @param target of exactly the box, row-major; the rest of it stays
   */
  public void read(Piece piece, Box box, MemorySegment target) throws IOException {
    var source = piece.tensor.box();
    int elementBytes = piece.tensor.dtype().sizeBytes();
    var common = source.intersect(box);
    if (common.isEmpty()) {
      return;
    }
    var file = file(piece.file);
    if (BoxCopy.runBytes(source, box, elementBytes) >= file.seekBytes()) {
      BoxCopy.<IOException>forEachRun(
          source,
          box,
          elementBytes,
          (from, to, size) -> file.read(piece.tensor.offset() + from, target.asSlice(to, size)));
    } else {
      BoxSlabs.<IOException>forEach(
          source,
          common.get(),
          elementBytes,
          SLAB_BYTES,
          slab -> {
            var memory = staging(slab.box().elements() * elementBytes);
            file.read(piece.tensor.offset() + slab.offset(), memory);
            BoxCopy.copy(memory, slab.box(), target, box, elementBytes);
          });
    }
  }

  private MemorySegment staging(long sizeBytes) {
    if (staging.byteSize() < sizeBytes) { // doubles, so what is left behind is less than it
      staging = arena.allocate(Math.min(SLAB_BYTES, 2 * Long.highestOneBit(sizeBytes)), 64);
    }
    return staging.asSlice(0, sizeBytes);
  }

  private StoredFile file(String name) throws IOException {
    var file = open.get(name);
    if (file == null) {
      file = storage.open(manifest.step(), name);
      open.put(name, file);
    }
    return file;
  }

  @Override
  public void close() throws IOException {
    arena.close();
    IOException first = null;
    for (var file : open.values()) {
      try {
        file.close();
      } catch (IOException e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
