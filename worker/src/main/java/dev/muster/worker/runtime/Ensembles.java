package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;

/** Groups whose other ranks are all played by this process. */
record Ensembles(Groups groups) implements Groups {
  @Override
  public Communicator join(Spec spec, int rank) {
    return Ensemble.join(groups, spec, rank);
  }

  @Override
  public GroupMonitor monitor(Spec spec) {
    return groups.monitor(spec);
  }

  @Override
  public void revokeOlder(Spec spec, String reason) {
    groups.revokeOlder(spec, reason);
  }

  @Override
  public void remove(Spec spec) {
    groups.remove(spec);
  }
}
