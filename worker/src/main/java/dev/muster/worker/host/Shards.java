package dev.muster.worker.host;

import dev.muster.protocol.Generation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.checkpoint.persist.Persist;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.Retention;
import dev.muster.worker.checkpoint.storage.Verification;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From snapshots to checkpoints; blocks for as long as the storage takes. One thread. */
final class Shards {
  private static final Logger LOG = LoggerFactory.getLogger(Shards.class);

  private static final int LISTED_MAX = 64;

  private Shards() {}

  /** Writes one worker's share of a step. */
  static AgentEvent write(SnapshotPlaces places, Stores.Opened storage, AgentAction.Persist a) {
    String problem = "";
    boolean passed = false;
    try (var reader = SnapshotReader.open(places, Checkpoints.name(a.worker())).orElse(null)) {
      var snapshot = reader == null ? null : reader.of(a.generation(), a.step()).orElse(null);
      if (snapshot == null) {
        passed = true;
        problem = "the snapshot is gone: worker=" + a.worker();
      } else {
        try (snapshot) {
          Persist.write(snapshot, new CheckpointWriter(storage.get()));
        }
      }
    } catch (IOException | RuntimeException e) {
      problem = why(e);
    }
    return new AgentEvent.ShardWritten(
        a.worker(), a.generation(), a.step(), Medium.STORAGE, problem, passed);
  }

  /** Writes shards of a state whose group is over, from any snapshots of it. */
  static AgentEvent salvage(SnapshotPlaces places, Stores.Opened storage, ToAgent.Salvage order) {
    String problem = "";
    try {
      var writer = new CheckpointWriter(storage.get());
      for (var cut : order.cuts()) {
        salvage(places, writer, order, cut);
      }
    } catch (IOException | RuntimeException e) {
      problem = why(e);
    }
    return new AgentEvent.Salvaged(order.order(), problem);
  }

  /** A peer's copy, or a copy of its own, may be whole where the snapshot itself is not. */
  private static void salvage(
      SnapshotPlaces places, CheckpointWriter writer, ToAgent.Salvage order, ToAgent.Cut cut)
      throws IOException {
    var point =
        new SnapshotPoint(order.step(), order.savedBy().number(), cut.snapshot(), order.shards());
    var failed = new IOException("no snapshot of " + point + " is here");
    for (var found : SnapshotCensus.of(places).complete()) {
      if (found.point().equals(point)) {
        try {
          write(places, found.name(), point, cut.shard(), writer);
          return;
        } catch (IOException | RuntimeException e) {
          e.addSuppressed(failed);
          failed = new IOException(why(e), e);
        }
      }
    }
    throw failed;
  }

  private static void write(
      SnapshotPlaces places, String name, SnapshotPoint point, int shard, CheckpointWriter writer)
      throws IOException {
    try (var reader = SnapshotReader.open(places, name).orElseThrow(() -> gone(point));
        var snapshot = reader.of(point).orElseThrow(() -> gone(point))) {
      Persist.write(snapshot, shard, writer);
    }
  }

  private static IOException gone(SnapshotPoint point) {
    return new IOException("the snapshot of " + point + " is gone");
  }

  /** Makes the shards of a step a checkpoint, then removes the ones that are too old. */
  static AgentEvent commit(Stores.Opened storage, String run, AgentAction.CommitCheckpoint a) {
    String problem = "";
    try {
      new CheckpointWriter(storage.get())
          .commitParts(a.job().name(), run, a.step(), a.generation(), a.shards());
      prune(new Catalog(storage.get()), a.job().checkpoint());
    } catch (IOException | RuntimeException e) {
      problem = why(e);
    }
    return new AgentEvent.CheckpointCommitted(a.generation(), a.step(), problem);
  }

  /** What a run has on storage; of many, the newest. Damage shows when one is read. */
  static AgentEvent list(Stores.Opened storage, String run) {
    var stored = new ArrayList<ToMaster.Stored>();
    String problem = "";
    try {
      var all = new Catalog(storage.get()).manifests(LISTED_MAX);
      for (var manifest : all.readable()) {
        if (manifest.run().equals(run)) {
          stored.add(new ToMaster.Stored(new Generation(manifest.generation()), manifest.step()));
        }
      }
      problem = String.join("; ", all.problems());
    } catch (IOException | RuntimeException e) {
      problem = why(e);
    }
    return new AgentEvent.CheckpointsListed(stored, problem);
  }

  /** Ones that cannot be removed cost space, not the checkpoint. */
  private static void prune(Catalog catalog, JobSpec.Checkpoint settings) {
    try {
      var retention = new Retention(settings.keepLast(), settings.keepEvery());
      List<Long> gone =
          catalog.prune(retention, Verification.Depth.SIZES).stream()
              .filter(decision -> !decision.keep())
              .map(Retention.Decision::step)
              .toList();
      LOG.info("checkpoints removed: steps={}", gone);
    } catch (IOException e) {
      LOG.warn("cannot remove old checkpoints: reason={}", why(e));
    }
  }

  private static String why(Exception e) {
    LOG.warn("checkpoint: {}", e.toString());
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
