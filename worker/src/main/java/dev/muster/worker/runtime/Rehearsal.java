package dev.muster.worker.runtime;

import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does while it waits for its first order: its own {@link WorkerLoop} plays on a
 * {@link Stage} in groups that this process makes for itself ({@link Ensemble}), so that classes
 * are loaded and loops compiled before it is needed. The fresh state is put back afterwards. That
 * is what makes a spare warm. Step thread only.
 */
final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final long KEPT_BYTES_MAX = 64L << 20;

  private final Agent agent;
  private final LocalGroup group;
  private final Replica replica;
  private final Path scratch;

  /**
   * @param group makes groups that nobody else is in
   */
  Rehearsal(Agent agent, LocalGroup group, Replica replica, ToWorker.Welcome welcome) {
    this.agent = agent;
    this.group = group;
    this.replica = replica;
    this.scratch = Path.of(welcome.controlPage() + ".rehearsal");
  }

  /** Returns as soon as there is a real order. A failure here says nothing about training. */
  void play() {
    var state = new StateBytes(replica.trainer().state());
    boolean keeps = state.size() <= KEPT_BYTES_MAX;
    try (var arena = Arena.ofConfined()) {
      MemorySegment fresh = arena.allocate(keeps ? state.size() : 0, 64);
      state.readInto(fresh);
      try (var stage = Stage.open(scratch, () -> !agent.mailbox().isEmpty())) {
        play(stage, keeps);
      } catch (IOException | RuntimeException e) {
        LOG.info("rehearsal ended: cause={}", e.toString());
      } finally {
        new StateBytes(replica.trainer().state()).writeFrom(fresh);
      }
    }
  }

  /** A state too large to be kept twice is not touched: then {@code apply} is not rehearsed. */
  private void play(Stage stage, boolean applies) {
    var trainer = new RehearsedTrainer(replica.trainer(), applies, stage::stepBegan);
    var understudy = replica.onStage(trainer, stage.page());
    try {
      new WorkerLoop(stage.agent(), group, understudy, stage.log(), Long.MAX_VALUE).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // found again at the next wait
    } catch (Exception e) {
      LOG.info("rehearsal ended: cause={}", e.toString());
    }
  }
}
