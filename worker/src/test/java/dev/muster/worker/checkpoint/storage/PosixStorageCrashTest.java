package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Stops at every operation of a training's checkpoints, and looks at what is left. */
class PosixStorageCrashTest {
  private static final Path ROOT = Path.of("/checkpoints");
  private static final int POWER_FAILURES = 8;

  private final List<Long> committed = new ArrayList<>();

  /** Two checkpoints, the older deleted, one begun and given up, one more. */
  private void train(PosixStorage storage) throws IOException {
    checkpoint(storage, 200);
    committed.remove(100L); // from here on it may be there or not
    storage.delete(100);
    new CheckpointWriter(storage).writeShard(250, 2, 0, Checkpoints.state(250, 0, 2));
    checkpoint(storage, 300);
  }

  private void checkpoint(PosixStorage storage, long step) throws IOException {
    Checkpoints.write(storage, step, 2, 2);
    committed.add(step);
  }

  private MemoryDisk prepared() throws IOException {
    var disk = new MemoryDisk();
    Checkpoints.write(new PosixStorage(ROOT, disk), 100, 1, 3);
    committed.clear();
    committed.add(100L);
    return disk;
  }

  private int operations() throws IOException {
    var disk = prepared().stopAt(Integer.MAX_VALUE);
    train(new PosixStorage(ROOT, disk));
    return disk.operations().size();
  }

  @Test
  void givenACrashAtAnyOperation_whenOpenedAgain_thenAllCommittedIsWholeAndTheRestIsSweptUp()
      throws IOException {
    for (int k = 0; k < operations(); k++) {
      var disk = crashed(k);
      disk.restart();
      assertRecovers(disk, "crash at operation " + k);
    }
  }

  @Test
  void givenAPowerFailureAtAnyOperation_whenOpenedAgain_thenAllCommittedIsWhole()
      throws IOException {
    for (int k = 0; k <= operations(); k++) {
      for (int seed = 0; seed < POWER_FAILURES; seed++) {
        var disk = crashed(k);
        disk.powerFailure(new Random(seed));
        assertRecovers(disk, "power failure at operation " + k + " seed=" + seed);
      }
    }
  }

  private PosixStorage writtenUntil(int k) throws IOException {
    var disk = prepared().stopAt(k);
    var storage = new PosixStorage(ROOT, disk);
    try {
      Checkpoints.write(storage, 200, 2, 2);
    } catch (IOException stopped) {
      disk.restart();
    }
    return storage;
  }

  /** Who asks for the commit does not know how far the former attempt came. */
  @Test
  void
      givenACrashAtAnyOperation_whenCommittedAgain_thenWholeIfAllPartsWereThereAndRefusedOtherwise()
          throws IOException {
    for (int k = 0; k <= writing(); k++) {
      var storage = writtenUntil(k);
      boolean complete = complete(new Catalog(storage)).contains(200L);
      long parts = storage.files(200).stream().filter(f -> f.file().matches("shard.*json")).count();
      var writer = new CheckpointWriter(storage);
      if (complete || parts == 2) {
        assertThat(writer.commitParts("job", "run-1", 200, 2, 2).generation()).isEqualTo(2);
        assertThat(new Catalog(storage).verify(200, Depth.BYTES).reason()).isEqualTo("whole");
        Checkpoints.assertRestores(storage, 200, 3);
      } else {
        assertThatThrownBy(() -> writer.commitParts("job", "run-1", 200, 2, 2))
            .isInstanceOf(DamagedCheckpointException.class)
            .hasMessageContaining("cannot commit checkpoint: step=200 generation=2");
        assertThat(complete(new Catalog(storage))).containsExactly(100L);
      }
    }
  }

  /** Two groups write one step; whatever either left, only a whole one of either is committed. */
  @Test
  void givenACrashOfOneGroupAtAnyOperation_whenAnotherWritesTheSameStep_thenTheyNeverMix()
      throws IOException {
    for (int k = 0; k <= writing(); k++) {
      var storage = writtenUntil(k);
      boolean committed = complete(new Catalog(storage)).contains(200L);
      if (!committed) {
        Checkpoints.writeRank(storage, 200, 3, 0, 2);
        var writer = new CheckpointWriter(storage);
        assertThatThrownBy(() -> writer.commitParts("job", "run-1", 200, 3, 2))
            .hasMessageContaining("missing=[shard-1.g3.json]");
        Checkpoints.write(storage, 200, 3, 2);
      }
      try (var reader = CheckpointReader.open(storage, 200)) {
        assertThat(reader.manifest().generation()).isEqualTo(committed ? 2 : 3);
      }
      assertThat(new Catalog(storage).verify(200, Depth.BYTES).reason()).isEqualTo("whole");
    }
  }

  /** A later group writes a checkpoint again: at any instant it is the former or the new one. */
  @Test
  void givenACrashAtAnyOperation_whenACheckpointIsReplaced_thenOneOfThemIsThereWhole()
      throws IOException {
    var generations = new TreeSet<Long>();
    for (int k = 0; k <= replacing(); k++) {
      for (int seed = -1; seed < POWER_FAILURES; seed++) {
        String what = "operation " + k + " seed=" + seed;
        var disk = prepared().stopAt(k);
        boolean done = replace(disk);
        if (seed < 0) {
          disk.restart();
        } else {
          disk.powerFailure(new Random(seed));
        }
        var storage = new PosixStorage(ROOT, disk);
        long generation = CheckpointReader.manifest(storage, 100).generation();
        assertThat(generation).as(what).isIn(done ? List.of(2L) : List.of(1L, 2L));
        generations.add(generation);
        assertThat(new Catalog(storage).verify(100, Depth.BYTES).reason())
            .as(what)
            .isEqualTo("whole");
        Checkpoints.assertRestores(storage, 100, 2);
        Checkpoints.write(storage, 100, 3, 2);
        assertThat(storage.files(100)).as(what + ": leftovers").hasSize(3);
      }
    }
    assertThat(generations).containsExactly(1L, 2L);
  }

  private static boolean replace(MemoryDisk disk) throws IOException {
    try {
      Checkpoints.write(new PosixStorage(ROOT, disk), 100, 2, 2);
      return true;
    } catch (MemoryDisk.Stopped stopped) {
      return false;
    } catch (IOException e) {
      assertThat(e).hasRootCauseInstanceOf(MemoryDisk.Stopped.class);
      return false;
    }
  }

  private int replacing() throws IOException {
    var disk = prepared().stopAt(Integer.MAX_VALUE);
    replace(disk);
    return disk.operations().size();
  }

  private MemoryDisk crashed(int k) throws IOException {
    var disk = prepared().stopAt(k);
    try {
      train(new PosixStorage(ROOT, disk));
    } catch (MemoryDisk.Stopped e) {
      return disk;
    } catch (IOException e) {
      assertThat(e).hasRootCauseInstanceOf(MemoryDisk.Stopped.class);
    }
    return disk;
  }

  private void assertRecovers(MemoryDisk disk, String what) throws IOException {
    var storage = new PosixStorage(ROOT, disk);
    var catalog = new Catalog(storage);
    var complete = complete(catalog);
    assertThat(complete).as(what).containsAll(committed);
    for (long step : complete) {
      assertThat(catalog.verify(step, Depth.BYTES).reason()).as(what).isEqualTo("whole");
      Checkpoints.assertRestores(storage, step, 1);
    }
    assertGoesOn(storage, catalog, complete, what);
  }

  /** Another group goes on from there, over the same steps, and takes nothing valid away. */
  private void assertGoesOn(PosixStorage storage, Catalog catalog, List<Long> complete, String what)
      throws IOException {
    var expected = new ArrayList<>(complete);
    for (long step = complete.getLast() + 50; step <= 350; step += 50) {
      Checkpoints.write(storage, step, 3, 1);
      expected.add(step);
    }
    assertThat(storage.steps()).as(what).isEqualTo(expected);
    for (long step : expected) {
      assertThat(catalog.verify(step, Depth.BYTES).reason()).as(what).isEqualTo("whole");
      Checkpoints.assertRestores(storage, step, 2);
    }
  }

  /** Every operation fails once, as on a full disk; nobody crashes. */
  @Test
  void givenADiskFullAtAnyOperation_whenWriting_thenAClearErrorNoLeftoversAndTheFormerStays()
      throws IOException {
    for (int k = 0; k < writing(); k++) {
      var disk = prepared().failAt(k);
      var storage = new PosixStorage(ROOT, disk);
      assertThatThrownBy(() -> Checkpoints.write(storage, 200, 2, 2))
          .as("operation %s", k)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left on device");
      assertThat(storage.files(200))
          .as("operation %s: %s", k, disk.operations())
          .noneMatch(f -> f.file().endsWith(".tmp"));
      assertThat(new Catalog(storage).verify(100, Depth.BYTES).reason()).isEqualTo("whole");
      retry(storage);
    }
  }

  /** Only the very last operation leaves it open whether the checkpoint is there. */
  private static void retry(PosixStorage storage) throws IOException {
    if (!new Catalog(storage).verify(200, Depth.BYTES).valid()) {
      Checkpoints.write(storage, 200, 2, 2);
    }
    assertThat(storage.steps()).containsExactly(100L, 200L);
    Checkpoints.assertRestores(storage, 200, 3);
  }

  private int writing() throws IOException {
    var disk = prepared().stopAt(Integer.MAX_VALUE);
    Checkpoints.write(new PosixStorage(ROOT, disk), 200, 2, 2);
    return disk.operations().size();
  }

  @Test
  void givenADiskFullInAWrite_whenToldSo_thenTheMessageSaysWhatAndWhatToDo() throws IOException {
    var disk = prepared();
    var storage = new PosixStorage(ROOT, disk);
    var shard = storage.put(200, "shard-0.g2.safetensors");
    disk.failAt(0);
    assertThatThrownBy(() -> shard.write(ByteBuffer.allocate(10)))
        .hasMessage(
            "cannot write checkpoint file: file=/checkpoints/step-200/shard-0.g2.safetensors"
                + " writtenBytes=0 reason=No space left on device; what was written is removed,"
                + " earlier checkpoints stay; free space or keep fewer checkpoints");
    shard.close();
    assertThat(storage.files(200)).isEmpty();
  }

  private static List<Long> complete(Catalog catalog) throws IOException {
    return catalog.list().stream()
        .filter(Catalog.Entry::complete)
        .map(Catalog.Entry::step)
        .toList();
  }
}
