package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.hosts.Endpoint;
import dev.muster.collectives.hosts.HostGroups;
import dev.muster.collectives.hosts.Limits;
import dev.muster.collectives.hosts.Placement;
import dev.muster.collectives.nccl.NcclCommunicator;
import dev.muster.protocol.local.ToWorker;
import java.nio.file.Path;

/**
 * This worker's handle to the group it is in, if any: on its host, or over several. The step thread
 * joins and leaves; any thread may revoke.
 */
final class LocalGroup implements AutoCloseable {
  private static final String DATA_PARALLEL = "dp";

  private final Groups groups;
  private final String name;
  private final Path directory;
  private final long bytesPerRank;
  private final Endpoint endpoint; // null: ranks of other hosts cannot reach this one
  private final Gpus gpus;
  private volatile Joining joining;
  private volatile String revoked;
  private Communicator communicator;
  private NcclCommunicator onGpus; // beside the communicator; guarded by this

  private record Joining(Groups groups, Groups.Spec spec) {}

  private LocalGroup(
      Groups groups, Gpus gpus, String name, Endpoint endpoint, ToWorker.Welcome welcome) {
    this.groups = groups;
    this.gpus = gpus;
    this.name = name;
    this.endpoint = endpoint;
    this.directory = Path.of(welcome.segmentDirectory());
    this.bytesPerRank = welcome.sharedBytesPerRank();
  }

  /**
   * @param endpoint outlives this; null: the groups are of one host
   */
  static LocalGroup dataParallel(
      Groups groups, Gpus gpus, Endpoint endpoint, ToWorker.Welcome welcome) {
    return new LocalGroup(groups, gpus, DATA_PARALLEL, endpoint, welcome);
  }

  /** Its groups are of this process alone. */
  static LocalGroup rehearsal(Groups groups, String worker, ToWorker.Welcome welcome) {
    return new LocalGroup(
        new Ensembles(groups), Gpus.none(), "rehearsal-" + worker.replace('/', '-'), null, welcome);
  }

  /** HOST:PORT for ranks of other hosts; null: they cannot reach this one. */
  String reachedAt() {
    if (endpoint == null) {
      return null;
    }
    var address = endpoint.address();
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /** Leaves the former group, enters this one; returns when all ranks have. */
  Communicator join(ToWorker.Form form) {
    close();
    joining =
        new Joining(
            groups(form),
            new Groups.Spec(
                directory,
                name,
                form.generation(),
                form.worldSize(),
                form.startStep(),
                bytesPerRank));
    if (revoked != null) { // fenced just before: nobody would wake this thread
      revoke(revoked);
    }
    communicator = joining.groups().join(joining.spec(), form.rank());
    return withGpus(communicator, joining, form);
  }

  private Communicator withGpus(Communicator cpu, Joining joined, ToWorker.Form form) {
    var made = gpus.beside(cpu, () -> joined.groups().monitor(joined.spec()), form);
    synchronized (this) {
      onGpus = made.orElse(null);
    }
    return made.<Communicator>map(device -> new WithDevice(cpu, device)).orElse(cpu);
  }

  private Groups groups(ToWorker.Form form) {
    if (form.hosts() == null) {
      return groups;
    }
    var placement = Placement.of(form.hosts(), form.leaders(), form.hostOf());
    String here = form.hosts().get(form.hostOf().get(form.rank()));
    return new HostGroups(groups, here, endpoint, _ -> placement, Limits.DEFAULT);
  }

  /**
   * Ends the group this worker is in for all its ranks, so that a step thread inside a collective
   * comes out.
   */
  void revoke(String reason) {
    revoked = reason;
    var current = joining;
    if (current != null) {
      try (var monitor = current.groups().monitor(current.spec())) {
        monitor.revoke(reason);
      }
    }
    ended(Long.MAX_VALUE, reason);
  }

  /**
   * The agent has ended all generations up to this one. A step thread inside a collective of ours
   * sees that itself; one that waits for its GPU comes out only once NCCL's kernels are ended.
   */
  synchronized void ended(long generation, String reason) {
    if (onGpus != null && onGpus.generation() <= generation) {
      onGpus.abort(reason);
    }
  }

  private synchronized NcclCommunicator takeOnGpus() {
    var taken = onGpus;
    onGpus = null; // nobody else aborts it from here on
    return taken;
  }

  @Override
  public void close() {
    joining = null;
    var device = takeOnGpus();
    if (device != null) {
      device.close();
    }
    if (communicator != null) {
      communicator.close();
      communicator = null;
    }
  }
}
