package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Makes one safetensors file of whole tensors from a checkpoint's shards, for readers that know
 * nothing of shards. Memory: a small buffer, whatever the size.
 */
public final class Export {
  private static final long SLAB_BYTES = 8 << 20;

  private final CheckpointReader checkpoint;

  private Export(CheckpointReader checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * @param target replaced when it is there, atomically
   * @throws IOException definite unless the message says otherwise: a former file is still there
   */
  public static void write(CheckpointReader checkpoint, Path target) throws IOException {
    var disk = new PosixDisk();
    var file = target.toAbsolutePath().normalize();
    var temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    disk.delete(temporary); // of an export that was killed
    try (var out = new AtomicFile(disk, file, temporary)) {
      new Export(checkpoint).write(out);
      out.finish();
    }
  }

  private void write(PendingFile out) throws IOException {
    var header = SafetensorsHeader.layOut(specs(), metadata());
    var writer = new SafetensorsWriter(out, header);
    try (var arena = Arena.ofConfined()) {
      var staging = arena.allocate(SLAB_BYTES, 64);
      for (var placed : header.tensors()) {
        var spec = placed.spec();
        var whole = Box.whole(spec.shape());
        int elementBytes = spec.type().sizeBytes();
        BoxSlabs.<IOException>forEach(
            whole,
            whole,
            elementBytes,
            SLAB_BYTES,
            slab -> {
              var memory = staging.asSlice(0, slab.box().elements() * elementBytes);
              checkpoint.read(spec.name(), slab.box(), memory);
              writer.write(spec.name(), memory);
            });
      }
    }
    writer.finish();
  }

  private List<TensorSpec> specs() {
    return checkpoint.tensors().stream()
        .map(t -> new TensorSpec(t.name(), t.dtype(), t.shape()))
        .toList();
  }

  /** The usual loaders refuse a file that does not say the format of which library it has. */
  private Map<String, String> metadata() {
    return Map.of("format", "pt", "step", "" + checkpoint.manifest().step());
  }
}
