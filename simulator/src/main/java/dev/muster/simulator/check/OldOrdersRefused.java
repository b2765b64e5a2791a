package dev.muster.simulator.check;

/**
 * An agent obeys no order of a generation that it has revoked, or that is older than its newest.
 */
final class OldOrdersRefused extends Invariant {
  private final long[] revoked; // newest per node
  private final long[] entered;

  OldOrdersRefused(int nodes) {
    revoked = new long[nodes];
    entered = new long[nodes];
  }

  @Override
  public void hostUp(long nowNs, int node) {
    revoked[node] = 0; // a new agent knows nothing of what the old one obeyed
    entered[node] = 0;
  }

  @Override
  public void revoked(long nowNs, int node, long generation) {
    revoked[node] = Math.max(revoked[node], generation);
  }

  @Override
  public void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {
    if (to <= revoked[node] || to < entered[node]) {
      violated(
          nowNs,
          "an old order was obeyed: node=n%d order=%d revoked=%d newest=%d"
              .formatted(node, to, revoked[node], entered[node]));
    }
    entered[node] = Math.max(entered[node], to);
  }
}
