package dev.muster.master.wiring;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.master.report.RunReport;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.actor.Clock;
import dev.muster.worker.actor.CoreShell;
import dev.muster.worker.actor.Journal;
import dev.muster.worker.actor.Ports;
import dev.muster.worker.actor.Transport;
import dev.muster.worker.link.LinkHandler;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The job core's place in a master: its ports, its actions, and what its links hand in. Knows
 * neither Cluster nor sockets: the same in a process of its own and inside the user's JVM.
 *
 * @param incarnation of this master, larger than any former one's of the run
 * @param lastStep newest commit known from the run folder
 * @param reopen go on with a job that has ended without its last step
 * @param disconnect closes the link of a node
 * @param answers to operators
 * @param fatal told when the core broke an invariant
 */
record JobHost(
    JobConfig config,
    long incarnation,
    long lastStep,
    boolean reopen,
    RunReport report,
    Transport transport,
    Consumer<NodeId> disconnect,
    Consumer<JobAction.Answer> answers,
    Consumer<Throwable> fatal) {
  private static final Logger LOG = LoggerFactory.getLogger(JobHost.class);

  /** The core at the point where the journal ends, and the first event for it. */
  Hosted<JobEvent> start(Journal journal, List<Object> entries) {
    var job = new Job(config);
    for (var entry : job.replay(entries.stream().map(JournalEntry.class::cast).toList())) {
      LOG.warn(
          "replay decided otherwise than the journal says: event={} journal={}",
          entry.event(),
          entry.decisions());
    }
    var ports =
        new Ports(
            Clock.SYSTEM,
            transport,
            journal,
            this::perform,
            report::observe,
            config.job().seed(),
            fatal);
    return new Hosted<>(CoreShell.of(job, ports), first(job, !entries.isEmpty()));
  }

  private JobEvent first(Job job, boolean resumed) {
    return reopen && job.reopenable()
        ? new JobEvent.Reopened(incarnation, lastStep)
        : new JobEvent.Started(incarnation, resumed, lastStep);
  }

  /** What agents say, as events. */
  static LinkHandler handler(Consumer<JobEvent> core) {
    return new LinkHandler() {
      @Override
      public void received(NodeId node, ToMaster message) {
        core.accept(new JobEvent.FromAgent(node, message));
      }

      @Override
      public void disconnected(NodeId node, String reason) {
        core.accept(new JobEvent.LinkLost(node, reason));
      }
    };
  }

  private void perform(Effects.Action action) {
    switch ((JobAction) action) {
      case JobAction.Publish publish -> report.publish(publish.progress());
      case JobAction.Disconnect(var node) -> disconnect.accept(node);
      case JobAction.Answer answer -> answers.accept(answer);
      case JobAction.Finish(var result) -> report.finish(result);
    }
  }

  /** A core's shell and the event it must handle before any other. */
  record Hosted<E>(Behavior<E> shell, E first) {}
}
