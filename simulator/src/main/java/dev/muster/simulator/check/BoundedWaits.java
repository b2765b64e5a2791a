package dev.muster.simulator.check;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.account.Phase;
import dev.muster.simulator.account.TimeClass;

/** The job is in no phase of a recovery for longer than that phase's bound, unless disturbed. */
final class BoundedWaits extends Capacity {
  private final Bounds bounds;
  private final Phase phase = new Phase();
  private TimeClass waitsIn = TimeClass.WAIT; // null: it trains, or is over
  private long sinceNs;
  private long newest;
  private boolean over;

  BoundedWaits(Bounds bounds, int slots, int minWorkers) {
    super(slots, minWorkers);
    this.bounds = bounds;
  }

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    newest = form.group().generation().number();
  }

  @Override
  public void complete(long nowNs, long generation) {
    if (generation == newest) {
      phase.complete();
      follow(nowNs);
    }
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    if (generation == newest) {
      phase.trains();
      follow(nowNs);
    }
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    phase.stopped(generation == newest);
    follow(nowNs);
  }

  @Override
  public void revoked(long nowNs, int node, long generation) {
    if (generation == newest) {
      phase.known();
      follow(nowNs);
    }
  }

  @Override
  public void noted(long nowNs, Observation observation) {
    phase.noted(observation);
    follow(nowNs);
  }

  @Override
  public void finished(long nowNs, Result result) {
    over = true;
    follow(nowNs);
  }

  @Override
  void jobEnds() {
    over = true;
  }

  @Override
  void end(long nowNs) {
    check(nowNs);
  }

  private void follow(long nowNs) {
    var next = over || phase.training() ? null : phase.timeClass();
    if (next != waitsIn) {
      check(nowNs);
      waitsIn = next;
      sinceNs = nowNs;
    }
  }

  private void check(long nowNs) {
    if (waitsIn == null || !suffices()) {
      return;
    }
    long calmNs = nowNs - Math.max(sinceNs, calmFromNs());
    long boundNs = bounds.of(waitsIn);
    if (calmNs > boundNs) {
      violated(
          nowNs,
          "generation %d was in '%s' for %.1f s with nothing to disturb it: bound=%.1f s"
              .formatted(newest, waitsIn.text(), calmNs / 1e9, boundNs / 1e9));
    }
  }
}
