package dev.muster.simulator;

import dev.muster.master.job.JobEvent;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.agent.AgentEvent;

/**
 * What identifies an event, as a number that is the same in every JVM. Takes in the kind of an
 * event and its small values, not the members of a group: those follow from the events before.
 */
final class TraceDigest {
  private static final ClassValue<Long> KIND =
      new ClassValue<>() {
        @Override
        protected Long computeValue(Class<?> type) {
          return mix(type.getName().hashCode());
        }
      };

  private TraceDigest() {}

  static long chain(long hash, long... values) {
    long result = hash;
    for (long value : values) {
      result = mix(result + value);
    }
    return result;
  }

  /** Finalizer of SplitMix64 after one step of its counter. */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  static long of(Object event) {
    long kind = KIND.get(event.getClass());
    return switch (event) {
      case AgentEvent.Ordered e -> chain(kind, order(e.order()));
      case AgentEvent.Said e -> chain(kind, worker(e.worker()), said(e.message()));
      case AgentEvent.WorkerStarted e -> chain(kind, worker(e.worker()), e.pid());
      case AgentEvent.WorkerEnded e -> chain(kind, worker(e.worker()), e.appliedStep());
      case AgentEvent.Connected e -> chain(kind, worker(e.worker()));
      case AgentEvent.GroupRevoked e -> chain(kind, e.generation(), e.committedStep());
      case AgentEvent.Due e -> chain(kind, e.timer().ordinal());
      case JobEvent.FromAgent e -> chain(kind, e.node().hashCode(), report(e.message()));
      case JobEvent.LinkLost e -> chain(kind, e.node().hashCode());
      case JobEvent.NodeSilent e -> chain(kind, e.node().hashCode());
      case JobEvent.StartOverdue e -> chain(kind, worker(e.worker()));
      case JobEvent.Durable e -> chain(kind, e.generation().number());
      case JobEvent.Overdue e -> chain(kind, e.generation().number(), e.awaited().ordinal());
      default -> kind;
    };
  }

  private static long worker(WorkerId id) {
    return id.node().hashCode() * 31L + id.number();
  }

  private static long order(ToAgent order) {
    long kind = KIND.get(order.getClass());
    return switch (order) {
      case ToAgent.Form o ->
          chain(kind, o.group().generation().number(), o.group().worldSize(), o.startStep());
      case ToAgent.Revoke o -> chain(kind, o.generation().number());
      case ToAgent.Lease o -> chain(kind, o.sequence(), o.generation().number());
      case ToAgent.Launch o -> chain(kind, worker(o.worker()));
      case ToAgent.Kill o -> chain(kind, worker(o.worker()));
      case ToAgent.Salvage o -> chain(kind, o.order(), o.step(), o.cuts().size());
      default -> kind;
    };
  }

  private static long said(FromWorker message) {
    long kind = KIND.get(message.getClass());
    return switch (message) {
      case FromWorker.Joined m -> chain(kind, m.generation());
      case FromWorker.Restored m -> chain(kind, m.generation(), m.step());
      case FromWorker.Stepped m -> chain(kind, m.generation(), m.step());
      case FromWorker.Left m -> chain(kind, m.generation(), m.appliedStep());
      case FromWorker.Finished m -> chain(kind, m.generation(), m.step());
      default -> kind;
    };
  }

  private static long report(ToMaster message) {
    long kind = KIND.get(message.getClass());
    return switch (message) {
      case ToMaster.Beat m ->
          chain(kind, m.nodes().getFirst().sequence(), m.nodes().getFirst().maxStep());
      case ToMaster.Register m -> chain(kind, m.incarnation(), m.workers().size());
      case ToMaster.Reached m ->
          chain(kind, m.generation().number(), m.milestone().ordinal(), m.step());
      case ToMaster.Revoked m -> chain(kind, m.generation().number(), m.survivors().size());
      case ToMaster.WorkerReady m -> chain(kind, worker(m.worker()));
      case ToMaster.WorkerExited m -> chain(kind, worker(m.worker()), m.appliedStep());
      case ToMaster.WorkerHung m -> chain(kind, worker(m.worker()), m.stalledNs());
      default -> kind;
    };
  }
}
