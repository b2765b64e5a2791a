package dev.muster.simulator.cluster;

import dev.muster.protocol.Generation;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.simulator.checkpoint.HostMemory;
import dev.muster.simulator.checkpoint.Part;
import dev.muster.simulator.checkpoint.SharedStorage;
import dev.muster.simulator.checkpoint.StateId;
import dev.muster.worker.agent.AgentEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How the members of one group come by its first state, as their workers do it: from what they
 * hold, from the source, or from what is read.
 */
final class Restoring {
  private final SimulatedGroup group;
  private final ToAgent.Form form;
  private final boolean sharded;
  private final SharedStorage storage;
  private final List<List<Part>> byRank;
  private boolean failed;

  Restoring(SimulatedGroup group, boolean sharded, SharedStorage storage) {
    this.group = group;
    this.form = group.form();
    this.sharded = sharded;
    this.storage = storage;
    this.byRank = new ArrayList<>(Collections.nCopies(group.worldSize(), List.of()));
  }

  /**
   * What each rank has put its state together from; empty when one could not read it, and has said
   * so.
   */
  Optional<List<List<Part>>> run() {
    group.members(this::ownOrRead);
    if (failed) {
      return Optional.empty();
    }
    if (form.sourceRank() >= 0) {
      form.needState().forEach(rank -> byRank.set(rank, byRank.get(form.sourceRank())));
    }
    group.members(this::settle);
    return Optional.of(byRank);
  }

  private int rank(SimulatedWorker worker) {
    return form.group().rankOf(worker.id).orElseThrow();
  }

  private void ownOrRead(SimulatedNode node, SimulatedWorker worker) {
    int rank = rank(worker);
    boolean source = rank == form.sourceRank();
    if (!form.needsState(rank) || source && form.restore() == null) {
      byRank.set(rank, own(worker));
    } else if (source || form.sourceRank() < 0) {
      byRank.set(rank, read(node, worker, rank));
    }
  }

  private List<Part> own(SimulatedWorker worker) {
    boolean fresh = form.startStep() == 0 && form.sourceRank() < 0;
    if (fresh) {
      return List.of(sharded ? shard(worker, StateId.FRESH) : Part.whole(StateId.FRESH));
    }
    return worker.part == null ? List.of() : List.of(worker.part);
  }

  private Part shard(SimulatedWorker worker, StateId state) {
    return new Part(state, rank(worker), group.worldSize());
  }

  private List<Part> read(SimulatedNode node, SimulatedWorker worker, int rank) {
    var parts = form.restore().from() == Medium.MEMORY ? fromMemory(node, rank) : fromStorage(rank);
    if (parts.isEmpty()) {
      failed = true;
      String problem = "step %d is not in %s".formatted(form.startStep(), form.restore().from());
      var said = new FromWorker.RestoreFailed(group.generation(), problem);
      node.tell(new AgentEvent.Said(worker.id, said));
    }
    return parts;
  }

  private List<Part> fromMemory(SimulatedNode node, int rank) {
    Generation savedBy = form.restore().generation();
    var whole =
        node.memory().find(savedBy.number(), form.startStep()).stream()
            .filter(buffer -> !buffer.damaged())
            .map(HostMemory.Buffer::part)
            .toList();
    if (!sharded) {
      return whole.stream().limit(1).map(part -> Part.whole(part.state())).toList();
    }
    return whole.isEmpty() ? List.of() : wanted(whole, rank, whole.getFirst().shards());
  }

  private List<Part> fromStorage(int rank) {
    var found = storage.out() ? Optional.<SharedStorage.Checkpoint>empty() : read();
    if (found.isEmpty() || found.get().damaged()) {
      return List.of();
    }
    var parts = found.get().parts();
    return sharded
        ? wanted(parts, rank, parts.size())
        : parts.stream().map(part -> Part.whole(part.state())).distinct().toList();
  }

  private Optional<SharedStorage.Checkpoint> read() {
    long savedBy = form.restore().generation().number();
    return storage.read(form.startStep()).filter(c -> c.generation() == savedBy);
  }

  /** Its own shard, or all of another layout; empty when one is missing. */
  private List<Part> wanted(List<Part> found, int rank, int shards) {
    int[] wanted =
        shards == group.worldSize() ? new int[] {rank} : IntStream.range(0, shards).toArray();
    var parts = new ArrayList<Part>();
    for (int shard : wanted) {
      found.stream().filter(part -> part.shard() == shard).findFirst().ifPresent(parts::add);
    }
    return parts.size() == wanted.length ? parts : List.of();
  }

  /** Holds it from now on; what it saved of a later history is taken back. */
  private void settle(SimulatedNode node, SimulatedWorker worker) {
    var parts = byRank.get(rank(worker));
    if (!parts.isEmpty()) {
      var state = parts.getFirst().state();
      worker.part = sharded ? shard(worker, state) : Part.whole(state);
    }
    if (form.restore() != null) {
      long savedBy = form.restore().generation().number();
      node.memory().rollBack(Errands.name(worker.id), savedBy, form.startStep());
    }
  }
}
