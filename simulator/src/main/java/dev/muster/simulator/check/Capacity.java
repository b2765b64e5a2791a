package dev.muster.simulator.check;

/** Whether the hosts that are up could carry the smallest group; the calm begins anew with each. */
abstract class Capacity extends Invariant {
  private final int slots;
  private final int minWorkers;
  private int hostsUp;
  private boolean masterUp;
  private long calmFromNs;

  Capacity(int slots, int minWorkers) {
    this.slots = slots;
    this.minWorkers = minWorkers;
  }

  /** Since when nothing but the job itself acts; may lie ahead. */
  final long calmFromNs() {
    return calmFromNs;
  }

  /** Whether the world lets the job train. */
  final boolean suffices() {
    return masterUp && (long) hostsUp * slots >= minWorkers;
  }

  @Override
  final void disturbed(long untilNs) {
    calmFromNs = Math.max(calmFromNs, untilNs);
  }

  @Override
  public final void hostUp(long nowNs, int node) {
    disturbed(nowNs);
    hostsUp++;
  }

  @Override
  public final void hostDown(long nowNs, int node) {
    disturbed(nowNs);
    hostsUp--;
  }

  @Override
  public final void master(long nowNs, boolean up) {
    disturbed(nowNs);
    masterUp = up;
  }
}
