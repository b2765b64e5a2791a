package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Groups;
import dev.muster.worker.Step;
import dev.muster.worker.data.Sampler;
import java.lang.foreign.Arena;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does while it waits for its first group: it computes in a private group of one and
 * throws the result away, so that classes are loaded and loops compiled before it is needed. That
 * is what makes a spare warm. Changes no state, as {@code compute} may not. Step thread only.
 */
final class Rehearsal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

  /** Enough for the compiler to see the hot loops. */
  private static final int STEPS = 40;

  /**
   * A starting spare takes CPU from the ranks that train, and gets little of it where ranks
   * outnumber cores.
   */
  private static final long LIMIT_NS = 5_000_000_000L;

  /** A rank's share of a step, as in a group of this size. */
  private static final int WORLD_SIZE = 4;

  private final Groups groups;
  private final Groups.Spec spec;
  private final Replica replica;
  private final Sampler sampler;
  private Communicator communicator;
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
      replica
          .trainer()
          .compute(new Step(0, batch.epoch(), share, batch.count(), replica.seed(), communicator));
      communicator.agree(++done);
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

  @Override
  public void close() {
    done = STEPS;
    if (communicator != null) {
      communicator.close();
      communicator = null;
      groups.remove(spec);
    }
  }
}
