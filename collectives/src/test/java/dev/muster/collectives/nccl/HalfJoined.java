package dev.muster.collectives.nccl;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.ForwardingCommunicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;

/** Groups whose rank 1 fails once it has the id: its peers are in NCCL's own start by then. */
record HalfJoined(Groups inner) implements Groups {
  @Override
  public Communicator join(Spec spec, int rank) {
    return new ForwardingCommunicator(inner.join(spec, rank)) {
      @Override
      public Work run(Operation operation, Stream stream) {
        var work = super.run(operation, stream);
        if (rank == 1) {
          throw new IllegalStateException("no GPU today");
        }
        return work;
      }
    };
  }

  @Override
  public GroupMonitor monitor(Spec spec) {
    return inner.monitor(spec);
  }

  @Override
  public void revokeOlder(Spec spec, String reason) {
    inner.revokeOlder(spec, reason);
  }

  @Override
  public void remove(Spec spec) {
    inner.remove(spec);
  }
}
