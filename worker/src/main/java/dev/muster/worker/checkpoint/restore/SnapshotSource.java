package dev.muster.worker.checkpoint.restore;

import dev.muster.worker.checkpoint.snapshot.PinnedSnapshot;
import dev.muster.worker.checkpoint.snapshot.SnapshotDamagedException;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.BoxCopy;
import dev.muster.worker.checkpoint.storage.BoxSlabs;
import dev.muster.worker.checkpoint.storage.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The snapshots of one step and generation that lie on this host, those of its own ranks and those
 * that were copied here, pinned as long as this is open. The lease of all of them goes on while any
 * of them is read.
 */
public final class SnapshotSource implements StateSource {
  private static final long SLAB_BYTES = 8 << 20;

  private final long generation;
  private final long step;
  private final List<SnapshotReader> readers = new ArrayList<>();
  private final List<PinnedSnapshot> snapshots = new ArrayList<>();
  private final List<Piece> pieces = new ArrayList<>();
  private final List<String> absent = new ArrayList<>();

  private SnapshotSource(long generation, long step) {
    this.generation = generation;
    this.step = step;
  }

  /**
   * Pins what is there; what is not, or is damaged, is {@link #absent} and decides nothing by
   * itself.
   *
   * @param names of snapshots, the preferred ones first: usually the rank's own one
   * @throws UnusableStateException they are of groups of different sizes
   */
  public static SnapshotSource open(
      SnapshotPlaces places, List<String> names, long generation, long step) throws IOException {
    var source = new SnapshotSource(generation, step);
    try {
      names.forEach(name -> source.add(places, name));
      source.requireOneGroup();
      return source;
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  private void add(SnapshotPlaces places, String name) {
    try {
      SnapshotReader.open(places, name)
          .ifPresentOrElse(r -> add(r, name), () -> miss(name, "none"));
    } catch (SnapshotDamagedException | UncheckedIOException e) {
      miss(name, e.getMessage());
    }
  }

  private void add(SnapshotReader reader, String name) {
    readers.add(reader);
    reader.of(generation, step).ifPresentOrElse(this::add, () -> miss(name, "of other steps only"));
  }

  private void add(PinnedSnapshot snapshot) {
    snapshots.add(snapshot);
    snapshot.layout().entries().forEach(e -> pieces.add(new InMemory(this, snapshot, e)));
  }

  private void miss(String name, String reason) {
    absent.add("snapshot=" + name + " (" + reason + ")");
  }

  private void requireOneGroup() throws UnusableStateException {
    var sizes = snapshots.stream().map(s -> s.point().worldSize()).distinct().toList();
    if (sizes.size() > 1) {
      throw new UnusableStateException(
          "snapshots of one generation are of groups of different sizes: generation="
              + generation
              + " step="
              + step
              + " worldSizes="
              + sizes
              + " files="
              + snapshots.stream().map(PinnedSnapshot::file).toList());
    }
  }

  private record InMemory(
      SnapshotSource source, PinnedSnapshot snapshot, SnapshotLayout.Entry entry) implements Piece {
    @Override
    public String name() {
      return entry.name();
    }

    @Override
    public ElementType type() {
      return ElementType.of(entry.dtype());
    }

    @Override
    public List<Long> shape() {
      return Arrays.stream(entry.globalShape()).boxed().toList();
    }

    @Override
    public Box box() {
      return Box.of(entry.box());
    }

    @Override
    public String file() {
      return snapshot.file().toString();
    }

    @Override
    public void verify() throws IOException {
      try {
        snapshot.verify(entry, source::renew);
      } catch (SnapshotDamagedException | IllegalStateException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    @Override
    public void copyTo(MemorySegment target, Box box) throws IOException {
      Optional<Box> common = box().intersect(box);
      if (common.isPresent()) {
        try {
          copy(common.get(), target, box);
        } catch (IllegalStateException e) {
          throw new IOException("tensor=" + name() + " box=" + box + ": " + e.getMessage(), e);
        }
      }
    }

    private void copy(Box common, MemorySegment target, Box box) {
      int elementBytes = type().sizeBytes();
      MemorySegment data = snapshot.data(entry);
      BoxSlabs.<RuntimeException>forEach(
          box(),
          common,
          elementBytes,
          SLAB_BYTES,
          slab -> {
            long bytes = slab.box().elements() * elementBytes;
            MemorySegment part = data.asSlice(slab.offset(), bytes);
            BoxCopy.copy(part, slab.box(), target, box, elementBytes);
            snapshot.renew();
            source.renew();
          });
    }
  }

  /** One that is lost says so when it is read itself. */
  private void renew() {
    snapshots.forEach(PinnedSnapshot::holds);
  }

  @Override
  public long step() {
    return step;
  }

  @Override
  public long generation() {
    return generation;
  }

  @Override
  public List<Piece> pieces() {
    return List.copyOf(pieces);
  }

  @Override
  public List<String> absent() {
    return List.copyOf(absent);
  }

  @Override
  public void close() {
    snapshots.forEach(PinnedSnapshot::close);
    readers.forEach(SnapshotReader::close);
  }
}
