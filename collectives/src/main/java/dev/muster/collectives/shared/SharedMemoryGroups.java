package dev.muster.collectives.shared;

import dev.muster.collectives.Arguments;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.LanedCommunicator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Groups of separate processes of one host, over mapped files in {@link Spec#directory} (best in
 * /dev/shm): a control file {@code <group>-g<generation>.ctl} and, while ranks join, {@code
 * <group>-g<generation>-r<rank>.mem} per rank; besides, of each rank a flight recorder {@code
 * .rec}. All files have mode 0600. The data files lose their names as soon as everyone has mapped
 * them, so a killed process leaves no memory behind; its recorder stays until the group is removed.
 *
 * <p>Stateless; any thread. A group should be removed only once it is revoked and its ranks have
 * left: one that joins later would meet nobody.
 */
public final class SharedMemoryGroups implements Groups {
  private final boolean recorded;

  public SharedMemoryGroups() {
    this(true);
  }

  private SharedMemoryGroups(boolean recorded) {
    this.recorded = recorded;
  }

  @Override
  public Groups unrecorded() {
    return new SharedMemoryGroups(false);
  }

  @Override
  public Communicator join(Spec spec, int rank) {
    Arguments.spec(spec, rank, ControlFile.MAX_RANKS);
    Arena arena = Arena.ofShared();
    try {
      ControlFile control = ControlFile.open(spec, arena);
      if (control.revoked()) {
        throw control.revokedException();
      }
      control.claim(rank);
      var recorder =
          recorded ? FlightRecorder.create(spec, rank, arena) : FlightRecorder.unread(spec, arena);
      Exchange exchange = meetAll(spec, rank, control, arena);
      return new LanedCommunicator(
          new SharedMemoryCommunicator(spec, control, exchange, recorder, arena));
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Whoever cannot join ends the group for the others; the revoke comes before its file's name is
   * gone.
   */
  private static Exchange meetAll(Spec spec, int rank, ControlFile control, Arena arena) {
    try {
      return Exchange.open(spec, rank, control, arena);
    } catch (GroupRevokedException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (control.revoked()) {
        throw control.revokedException(); // a peer that has left took its file along
      }
      control.revoke("rank could not join: rank=" + rank + " error=" + e.getMessage());
      throw e;
    } finally {
      SegmentFiles.delete(SegmentFiles.data(spec, rank));
    }
  }

  @Override
  public GroupMonitor monitor(Spec spec) {
    Arguments.spec(spec, 0, ControlFile.MAX_RANKS);
    return new SharedMemoryMonitor(spec);
  }

  @Override
  public void revokeOlder(Spec spec, String reason) {
    for (long generation : SegmentFiles.generations(spec)) {
      if (generation < spec.generation()) {
        try (var older =
            new SharedMemoryMonitor(
                new Spec(spec.directory(), spec.group(), generation, 1, 0, 0))) {
          older.revoke(reason);
        }
      }
    }
  }

  @Override
  public void remove(Spec spec) {
    SegmentFiles.delete(SegmentFiles.control(spec));
    for (int rank = 0; rank < spec.worldSize(); rank++) {
      SegmentFiles.delete(SegmentFiles.data(spec, rank));
      SegmentFiles.delete(SegmentFiles.recorder(spec, rank));
    }
  }

  /**
   * Deletes the group files that dead runs have left in a directory; others' files stay.
   *
   * @return how many were deleted
   * @throws java.io.UncheckedIOException the directory cannot be read, or a file not deleted
   */
  public static int sweep(Path directory) {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    List<Path> left;
    try (var files = Files.list(directory)) {
      left = files.filter(f -> f.getFileName().toString().matches(SegmentFiles.NAMES)).toList();
    } catch (IOException e) {
      throw SegmentFiles.failed("cannot list shared memory", directory, e);
    }
    left.forEach(SegmentFiles::delete);
    return left.size();
  }
}
