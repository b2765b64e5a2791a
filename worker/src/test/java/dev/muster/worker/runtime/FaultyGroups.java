package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.ForwardingCommunicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Groups whose communicators ask a plan before and after each call: here a fault strikes at an
 * exact moment.
 */
final class FaultyGroups implements Groups {
  /**
   * Runs on the rank's own step thread; may revoke the group, or throw to end the worker there and
   * then.
   */
  @FunctionalInterface
  interface Plan {
    /**
     * @param call counts the rank's joins, collectives and agreements of this generation from 0
     */
    void at(Spec spec, int rank, int call, boolean after);
  }

  private final Groups inner;
  private final Plan plan;
  private final Consumer<Buffer> broadcasts;

  FaultyGroups(Groups inner, Plan plan) {
    this(inner, plan, buffer -> {});
  }

  /**
   * @param broadcasts sees, and may damage, what each broadcast has brought
   */
  FaultyGroups(Groups inner, Plan plan, Consumer<Buffer> broadcasts) {
    this.inner = inner;
    this.plan = plan;
    this.broadcasts = broadcasts;
  }

  @Override
  public Communicator join(Spec spec, int rank) {
    plan.at(spec, rank, 0, false);
    return new Faulty(spec, inner.join(spec, rank));
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

  private final class Faulty extends ForwardingCommunicator {
    private final Spec spec;
    private int calls;

    Faulty(Spec spec, Communicator inner) {
      super(inner);
      this.spec = spec;
      after();
    }

    private void before() {
      calls++;
      plan.at(spec, inner.rank(), calls, false);
    }

    private void after() {
      plan.at(spec, inner.rank(), calls, true);
    }

    /** Waits at once, so that "after" means after the collective. */
    private Work now(Supplier<Work> start) {
      before();
      Work work = start.get();
      work.await();
      after();
      return work;
    }

    @Override
    public Work run(Operation operation, Stream stream) {
      Work work = now(() -> inner.run(operation, stream));
      if (operation instanceof Operation.Broadcast(Buffer buffer, int _)) {
        broadcasts.accept(buffer);
      }
      return work;
    }

    @Override
    public void agree(long step) {
      before();
      inner.agree(step);
      after();
    }
  }
}
