package dev.muster.simulator.check;

import dev.muster.protocol.message.ToAgent;

/** The number of a group is larger than that of every group before. */
final class GenerationsGrow extends Invariant {
  private long newest;

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    long generation = form.group().generation().number();
    if (generation <= newest) {
      violated(nowNs, "a generation came back: newest=" + newest + " order=" + generation);
    }
    newest = Math.max(newest, generation);
  }
}
