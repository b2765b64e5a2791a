package dev.muster.simulator.account;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.cluster.ClusterListener;
import java.math.BigInteger;
import java.util.EnumMap;
import java.util.Map;

/**
 * Follows a fleet and gives every GPU-nanosecond its class. It knows only how many GPUs are in each
 * condition, so a change costs O(1) however large the fleet: members of the job change class
 * together, by the {@link Phase} of the job; the others one by one.
 *
 * <pre>
 *   condition of a slot            class
 *   host down                      DOWN
 *   no process                     IDLE
 *   process starting               START
 *   connected, in no group         SPARE, or WAIT while the job waits for workers
 *   in a group, the job trains     PRODUCTIVE if the group is the one that trains, else STRANDED
 *   in a group, otherwise          the class of the phase
 * </pre>
 *
 * Time booked as productive is provisional: a step cut short, a step given up later and checkpoints
 * are moved to their own classes when they are known.
 */
public final class Ledger implements ClusterListener {
  private final long gpus;
  private final int slots;
  private final GpuTime[] booked = new GpuTime[TimeClass.values().length];
  private final KeptSteps kept = new KeptSteps();
  private final Phase phase = new Phase();
  private long bookedUntilNs;
  private long down;
  private long starting;
  private long spares;
  private long bound; // in a group, the newest or one that is gone
  private long members; // of the group that trains, 0: none does
  private long training; // its generation
  private long opened; // newest generation
  private long worldSize;
  private boolean over;

  /**
   * @param slots GPUs of a node
   */
  public Ledger(int nodes, int slots) {
    this.gpus = (long) nodes * slots;
    this.slots = slots;
    this.down = gpus;
    for (var some : TimeClass.values()) {
      booked[some.ordinal()] = new GpuTime();
    }
  }

  /** Books what passed since the last change. */
  private void advance(long nowNs) {
    long ns = nowNs - bookedUntilNs;
    if (ns == 0) {
      return;
    }
    bookedUntilNs = nowNs;
    if (over) {
      book(TimeClass.OVER, gpus, ns);
      return;
    }
    book(TimeClass.DOWN, down, ns);
    book(TimeClass.START, starting, ns);
    book(phase.waiting() ? TimeClass.WAIT : TimeClass.SPARE, spares, ns);
    book(members > 0 ? TimeClass.PRODUCTIVE : phase.timeClass(), members > 0 ? members : bound, ns);
    book(TimeClass.STRANDED, members > 0 ? bound - members : 0, ns);
    book(TimeClass.IDLE, gpus - down - starting - spares - bound, ns);
  }

  private void book(TimeClass some, long count, long ns) {
    if (count < 0 || ns < 0) {
      throw new IllegalStateException(
          "the ledger lost count: class=%s gpus=%d ns=%d atNs=%d"
              .formatted(some, count, ns, bookedUntilNs));
    }
    booked[some.ordinal()].add(count, ns);
  }

  private void move(TimeClass from, TimeClass to, long count, long ns) {
    booked[from.ordinal()].subtract(count, ns);
    booked[to.ordinal()].add(count, ns);
  }

  // ---- hosts and processes

  @Override
  public void hostUp(long nowNs, int node) {
    advance(nowNs);
    down -= slots;
  }

  @Override
  public void hostDown(long nowNs, int node) {
    advance(nowNs);
    down += slots;
  }

  @Override
  public void launched(long nowNs, int node) {
    advance(nowNs);
    starting++;
  }

  @Override
  public void ready(long nowNs, int node) {
    advance(nowNs);
    starting--;
    spares++;
  }

  @Override
  public void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {
    if (from == SPARE) {
      advance(nowNs);
      spares -= workers;
      bound += workers;
    }
  }

  @Override
  public void ended(long nowNs, int node, long condition, boolean held) {
    advance(nowNs);
    if (condition == STARTING) {
      starting--;
    } else if (condition == SPARE) {
      spares--;
    } else {
      bound--;
    }
  }

  // ---- the job

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    advance(nowNs);
    opened = form.group().generation().number();
    worldSize = form.group().worldSize();
  }

  @Override
  public void complete(long nowNs, long generation) {
    if (generation == opened) {
      advance(nowNs);
      phase.complete();
    }
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    if (generation != opened) {
      return; // a broken invariant, not a matter of accounts
    }
    advance(nowNs);
    kept.goBackTo(
        startStep, (ns, count) -> move(TimeClass.PRODUCTIVE, TimeClass.REDONE, count, ns));
    phase.trains();
    training = generation;
    members = worldSize;
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    advance(nowNs);
    settle(generation, trained, TimeClass.REDONE);
    phase.stopped(generation == opened);
  }

  private void settle(long generation, Trained trained, TimeClass inFlight) {
    if (generation != training || members == 0) {
      return;
    }
    move(TimeClass.PRODUCTIVE, TimeClass.SLOW, members, trained.slowNs());
    move(TimeClass.PRODUCTIVE, TimeClass.CHECKPOINT, members, trained.checkpointNs());
    move(TimeClass.PRODUCTIVE, inFlight, members, trained.inFlightNs());
    kept.add(trained.startStep(), trained.committed(), trained.stepNs(), members);
    members = 0;
  }

  @Override
  public void revoked(long nowNs, int node, long generation) {
    if (generation == opened) {
      advance(nowNs);
      phase.known();
    }
  }

  @Override
  public void noted(long nowNs, Observation observation) {
    advance(nowNs);
    phase.noted(observation);
  }

  @Override
  public void finished(long nowNs, Result result) {
    advance(nowNs);
    over = true;
  }

  /**
   * The account until now; call it once, at the end.
   *
   * @param trained what the group that trains has done so far, null when none does
   */
  public Account close(long nowNs, Trained trained) {
    advance(nowNs);
    if (trained != null) {
      settle(training, trained, TimeClass.UNFINISHED);
    }
    Map<TimeClass, BigInteger> sums = new EnumMap<>(TimeClass.class);
    for (var some : TimeClass.values()) {
      sums.put(some, booked[some.ordinal()].value());
    }
    return new Account(gpus, nowNs, sums);
  }
}
