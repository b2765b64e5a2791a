package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.protocol.local.ToWorker;
import java.nio.file.Path;

/**
 * This worker's handle to the group it is in, if any. The step thread joins and leaves; any thread
 * may revoke.
 */
final class LocalGroup implements AutoCloseable {
  private static final String DATA_PARALLEL = "dp";

  private final Groups groups;
  private final String name;
  private final Path directory;
  private final long bytesPerRank;
  private volatile Groups.Spec joining;
  private volatile String revoked;
  private Communicator communicator;

  private LocalGroup(Groups groups, String name, ToWorker.Welcome welcome) {
    this.groups = groups;
    this.name = name;
    this.directory = Path.of(welcome.segmentDirectory());
    this.bytesPerRank = welcome.sharedBytesPerRank();
  }

  static LocalGroup dataParallel(Groups groups, ToWorker.Welcome welcome) {
    return new LocalGroup(groups, DATA_PARALLEL, welcome);
  }

  /** Its groups are of this process alone. */
  static LocalGroup rehearsal(Groups groups, String worker, ToWorker.Welcome welcome) {
    return new LocalGroup(new Ensembles(groups), "rehearsal-" + worker.replace('/', '-'), welcome);
  }

  /** Leaves the former group, enters this one; returns when all ranks have. */
  Communicator join(ToWorker.Form form) {
    close();
    joining =
        new Groups.Spec(
            directory, name, form.generation(), form.worldSize(), form.startStep(), bytesPerRank);
    if (revoked != null) { // fenced just before: nobody would wake this thread
      revoke(revoked);
    }
    communicator = groups.join(joining, form.rank());
    return communicator;
  }

  /**
   * Ends the group this worker is in for all its ranks, so that a step thread inside a collective
   * comes out.
   */
  void revoke(String reason) {
    revoked = reason;
    var spec = joining;
    if (spec != null) {
      try (var monitor = groups.monitor(spec)) {
        monitor.revoke(reason);
      }
    }
  }

  @Override
  public void close() {
    joining = null;
    if (communicator != null) {
      communicator.close();
      communicator = null;
    }
  }
}
