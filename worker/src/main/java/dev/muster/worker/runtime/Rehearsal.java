package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Groups;
import dev.muster.worker.Step;
import dev.muster.worker.data.Sampler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does while it waits for its first group: it takes steps in a private group of one,
 * so that classes are loaded and loops compiled before it is needed, and puts the fresh state back
 * afterwards. That is what makes a spare warm. Step thread only.
 */
final class Rehearsal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

  /** After 40 the optimising compiler had not finished with the hot loops of a small model. */
  private static final int STEPS = 400;

  /**
   * A starting spare takes CPU from the ranks that train, and gets little of it where ranks
   * outnumber cores.
   */
  private static final long LIMIT_NS = 5_000_000_000L;

  private static final long KEPT_BYTES_MAX = 64L << 20;

  /** A rank's share of a step, as in a group of this size. */
  private static final int WORLD_SIZE = 4;

  private final Groups groups;
  private final Groups.Spec spec;
  private final Replica replica;
  private final Sampler sampler;
  private Communicator communicator;
  private Arena kept;
  private MemorySegment fresh; // null: nothing to put back
  private long endsAtNs;
  private int done;

  Rehearsal(Groups groups, Groups.Spec spec, Replica replica, Sampler sampler) {
    this.groups = groups;
    this.spec = spec;
    this.replica = replica;
    this.sampler = sampler;
  }

  boolean more() {
    return done < STEPS && (done == 0 || System.nanoTime() < endsAtNs);
  }

  /** A failure here says nothing about training: it ends the rehearsal only. */
  void step() {
    try {
      if (done == 0) {
        begin();
      }
      var batch = sampler.batch(1);
      long[] share = sampler.share(1, 0, WORLD_SIZE);
      var step = new Step(0, batch.epoch(), share, batch.count(), replica.seed(), communicator);
      replica.trainer().compute(step);
      communicator.agree(++done);
      if (fresh != null) {
        replica.trainer().apply(step);
      }
    } catch (Exception e) {
      LOG.info("rehearsal ended: step={} cause={}", done, e.toString());
      done = STEPS;
    }
    if (!more()) {
      close();
    }
  }

  private void begin() throws Exception {
    endsAtNs = System.nanoTime() + LIMIT_NS;
    communicator = groups.join(spec, 0);
    transfer();
    keepFresh();
    replica.trainer().joined(communicator);
  }

  /** The way of a restore without its end: nothing is written over the state. */
  private void transfer() {
    var state = new StateBytes(replica.trainer().state());
    try (var arena = Arena.ofConfined()) {
      var chunk = arena.allocate(Math.clamp(state.size(), 1, Restore.CHUNK_BYTES), 64);
      state.readInto(chunk);
      communicator.broadcast(new Buffer(chunk, DType.UINT8), 0);
      new CRC32C().update(chunk.asByteBuffer());
    }
  }

  /** A state too large to be kept twice is not touched: then only {@code compute} is rehearsed. */
  private void keepFresh() {
    var state = new StateBytes(replica.trainer().state());
    if (state.size() > 0 && state.size() <= KEPT_BYTES_MAX) {
      kept = Arena.ofConfined();
      fresh = kept.allocate(state.size(), 64);
      state.readInto(fresh);
    }
  }

  /** Ends the rehearsal; the state is the fresh one again. */
  @Override
  public void close() {
    done = STEPS;
    if (fresh != null) {
      new StateBytes(replica.trainer().state()).writeFrom(fresh);
      kept.close();
      fresh = null;
    }
    if (communicator != null) {
      communicator.close();
      communicator = null;
      groups.remove(spec);
    }
  }
}
