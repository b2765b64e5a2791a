package dev.muster.worker.runtime;

import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalCodec;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.data.SampleLog;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Where a rehearsal plays: an agent that forms one group after the other, each of which loses a
 * member after some steps, a control page and a sample log that nobody reads. Step thread only.
 */
final class Stage implements AgentSink, AutoCloseable {
  /** The inner loops of a small model are compiled after a few; more only keep a core busy. */
  private static final int STEPS = 60;

  private static final int STEPS_PER_GROUP = 6;

  /** Of the rehearsed worker, in every group. */
  static final int RANK = 0;

  /** Also when none of them gets to a step. */
  private static final int GROUPS = 2 * STEPS / STEPS_PER_GROUP;

  /**
   * A starting spare takes CPU from the ranks that train, and gets little of it where ranks
   * outnumber cores.
   */
  private static final long LIMIT_NS = 10_000_000_000L;

  private static final Path NOWHERE = Path.of("/dev/null");

  private final Mailbox orders = new Mailbox();
  private final LocalCodec codec = new LocalCodec();
  private final ControlPage page;
  private final SampleLog log;
  private final boolean transfers;
  private final BooleanSupplier wanted;
  private final long endsAtNs = System.nanoTime() + LIMIT_NS;
  private long generation;
  private int steps;

  /**
   * @param transfers whether its groups pass the state on
   * @param wanted whether the real agent has an order, so that the rehearsal has to end
   */
  Stage(boolean transfers, BooleanSupplier wanted) {
    this.page = ControlPage.inMemory();
    this.log = SampleLog.open(NOWHERE);
    this.transfers = transfers;
    this.wanted = wanted;
  }

  Agent agent() {
    return new Agent(this, page, orders);
  }

  ControlPage page() {
    return page;
  }

  SampleLog log() {
    return log;
  }

  /**
   * A step begins: now and then it is the last of its group.
   *
   * @return false: there is no time for it
   */
  boolean stepBegins() {
    steps++;
    boolean over = over();
    if (over || steps % STEPS_PER_GROUP == 0) {
      order(new ToWorker.Revoke(generation, "rehearsal: a member is lost"));
    }
    return !over;
  }

  /** The way of a real message, up to the socket; only the end of a group is answered. */
  @Override
  public void send(FromWorker message) {
    Frames.encode(codec.encode(message), LocalMessage.MAX_FRAME_BYTES);
    switch (message) {
      case FromWorker.Ready _ -> nextGroup(0);
      case FromWorker.Left left -> nextGroup(left.appliedStep());
      default -> {}
    }
  }

  /** The rehearsed worker is the source of a state that nobody keeps. */
  private void nextGroup(long startStep) {
    if (over()) {
      order(new ToWorker.Stop("the rehearsal is over"));
    } else {
      List<Integer> needState = transfers ? List.of(Ensemble.WORLD_SIZE - 1) : List.of();
      order(
          new ToWorker.Form(
              ++generation, RANK, Ensemble.WORLD_SIZE, 0, startStep, RANK, needState));
    }
  }

  private boolean over() {
    return steps >= STEPS
        || generation >= GROUPS
        || System.nanoTime() - endsAtNs >= 0
        || Thread.currentThread().isInterrupted()
        || wanted.getAsBoolean();
  }

  private void order(ToWorker order) {
    try {
      orders.put(codec.decodeToWorker(codec.encode(order)));
    } catch (MalformedFrameException e) {
      throw new IllegalStateException("the codec does not read what it wrote: " + order, e);
    }
  }

  @Override
  public void close() {
    log.close();
    page.close();
  }
}
