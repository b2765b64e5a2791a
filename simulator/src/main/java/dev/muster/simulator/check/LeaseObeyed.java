package dev.muster.simulator.check;

/** No rank starts, or enters a group, on a node whose lease has run out by its own clock. */
final class LeaseObeyed extends Invariant {
  @Override
  public void unleased(long nowNs, int node, String order) {
    violated(nowNs, "obeyed without a lease: node=n%d order=%s".formatted(node, order));
  }
}
