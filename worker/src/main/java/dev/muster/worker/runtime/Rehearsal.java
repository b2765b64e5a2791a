package dev.muster.worker.runtime;

import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
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
  private static final long TRANSFERRED_BYTES_MAX = 4L << 20;

  /** Others may need the space for a real group at the same time. */
  private static final int SPACE_FACTOR = 4;

  private final Agent agent;
  private final LocalGroup group;
  private final Replica replica;
  private final ToWorker.Welcome welcome;

  /**
   * @param group makes groups that nobody else is in
   */
  Rehearsal(Agent agent, LocalGroup group, Replica replica, ToWorker.Welcome welcome) {
    this.agent = agent;
    this.group = group;
    this.replica = replica;
    this.welcome = welcome;
  }

  /** Returns as soon as there is a real order. A failure here says nothing about training. */
  void play() {
    try (var arena = Arena.ofConfined()) {
      // As the stage's groups will, so that what is put back has the same boxes.
      replica.trainer().place(Stage.RANK, Ensemble.WORLD_SIZE);
      long bytes = new StateBytes(replica.trainer().state()).size();
      boolean keeps = bytes <= KEPT_BYTES_MAX;
      if (room()) {
        play(arena.allocate(keeps ? bytes : 0, 64), keeps, bytes <= TRANSFERRED_BYTES_MAX);
      }
    } catch (Exception | OutOfMemoryError | LinkageError e) {
      LOG.info("no rehearsal: cause={}", e.toString());
    }
  }

  private boolean room() throws IOException {
    long needed = SPACE_FACTOR * Ensemble.WORLD_SIZE * welcome.sharedBytesPerRank();
    return Files.getFileStore(Path.of(welcome.segmentDirectory())).getUsableSpace() >= needed;
  }

  /**
   * @param fresh memory for the state, to be put back; empty: too large to be kept twice, so that
   *     {@code apply} is not rehearsed
   */
  private void play(MemorySegment fresh, boolean applies, boolean transfers) {
    new StateBytes(replica.trainer().state()).readInto(fresh);
    try (var stage = new Stage(transfers, () -> !agent.mailbox().isEmpty())) {
      var trainer = new RehearsedTrainer(replica.trainer(), applies, stage::stepBegins);
      var understudy = replica.onStage(trainer, stage.page());
      new WorkerLoop(stage.agent(), group, understudy, stage.log(), Long.MAX_VALUE).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // found again at the next wait
    } catch (Exception | Error e) {
      LOG.info("rehearsal ended: cause={}", e.toString());
    } finally {
      new StateBytes(replica.trainer().state()).writeFrom(fresh);
    }
  }
}
