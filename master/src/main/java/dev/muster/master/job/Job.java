package dev.muster.master.job;

import dev.muster.master.health.LastHeard;
import dev.muster.master.job.JobEvent.Beats;
import dev.muster.master.job.JobEvent.CensusOverdue;
import dev.muster.master.job.JobEvent.CheckpointRequested;
import dev.muster.master.job.JobEvent.CopyDue;
import dev.muster.master.job.JobEvent.Durable;
import dev.muster.master.job.JobEvent.FromAgent;
import dev.muster.master.job.JobEvent.HealthCheck;
import dev.muster.master.job.JobEvent.LastCheckpointOverdue;
import dev.muster.master.job.JobEvent.LeaveDue;
import dev.muster.master.job.JobEvent.LinkLost;
import dev.muster.master.job.JobEvent.NodeSilent;
import dev.muster.master.job.JobEvent.Overdue;
import dev.muster.master.job.JobEvent.PersistDue;
import dev.muster.master.job.JobEvent.Recheck;
import dev.muster.master.job.JobEvent.Reopened;
import dev.muster.master.job.JobEvent.SalvageOverdue;
import dev.muster.master.job.JobEvent.SalvageRetry;
import dev.muster.master.job.JobEvent.ShutdownOverdue;
import dev.muster.master.job.JobEvent.StartOverdue;
import dev.muster.master.job.JobEvent.Started;
import dev.muster.master.job.JobEvent.StopDue;
import dev.muster.master.job.JobEvent.StopRequested;
import dev.muster.protocol.core.Buggified;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides everything about one job: who is in its group, when a group ends and the next begins,
 * when the job is over.
 *
 * <pre>
 *   state      event                                   next
 *   GATHERING  enough workers ready                    ORDERED     generation + 1 goes to the journal
 *   ORDERED    it is durable                           JOINING     every node is told to form it
 *   JOINING    first step committed on every node      TRAINING
 *   any of the three above: a member is lost           REVOKING    its group must not commit any further
 *   REVOKING   the nodes acknowledged, or are fenced   GATHERING
 *   any        budget spent, stop                      SAVING      the newest step in memory goes to storage
 *   any        last step; it is saved, or too late     ENDING      agents end their workers
 *   ENDING     no worker is left                       OVER
 *   OVER       an operator wants to go on              REVOKING    unless it has its last step
 * </pre>
 *
 * A plain command has no steps to watch: JOINING lasts until the store is open at which its ranks
 * meet, and REVOKING means ending all its ranks.
 *
 * <p>This class only routes; {@link Membership} keeps nodes and workers, {@link GroupLife} the
 * group, {@link Ending} the end.
 */
public final class Job implements Core<JobEvent> {
  private static final long LATE_NS = 100_000_000L;

  private final JobState state;
  private final Membership membership;
  private final GroupLife groupLife;
  private final Ending ending;

  public Job(JobConfig config) {
    this(config, LastHeard.RECORDED);
  }

  /**
   * @param lastHeard recorded in production; a world that leaves out regular beats computes it
   */
  public Job(JobConfig config, LastHeard lastHeard) {
    state = new JobState(config, lastHeard);
    var persisting = new Persisting(state);
    ending = new Ending(state, persisting);
    groupLife =
        config.job().worker().managed()
            ? new TrainingGroup(state, ending, persisting)
            : new CommandGroup(state, ending);
    membership = new Membership(state, groupLife, ending);
  }

  @Override
  public void on(JobEvent event, Effects<JobEvent> fx) {
    if (event instanceof Durable(var generation)
        && fx.buggified(Buggify.DURABLE_LATE, generation.number())) {
      fx.timer("durable", LATE_NS, event); // not journaled before it is handled
      return;
    }
    long atNs = fx.nowNs();
    long committedStep = state.committedStep;
    var recorded = new RecordedDecisions(fx, atNs);
    handle(event, recorded);
    state.eventTook(fx.nowNs() - atNs);
    if (journaled(event)) {
      state
          .takeBeats(committedStep)
          .ifPresent(beats -> fx.persist(new JournalEntry(atNs, beats, List.of()), null));
      var awaited = state.takeAwaitedGeneration();
      fx.persist(
          new JournalEntry(atNs, event, recorded.decisions()),
          awaited == null ? null : new Durable(awaited));
    }
  }

  /**
   * Whether it has ended without its last step; the last entries of its end may be missing from a
   * journal. {@link JobEvent.Reopened} as the first event goes on with it all the same.
   */
  public boolean reopenable() {
    return ending.reopenable();
  }

  /**
   * Brings a fresh core to where the journal ends.
   *
   * @return entries whose decisions came out differently, in order; empty unless the code has
   *     changed since
   */
  public List<JournalEntry> replay(List<JournalEntry> journal) {
    return replay(journal, Buggified.NEVER);
  }

  /** As {@link #replay(List)}, of a simulated core that went rare ways. */
  public List<JournalEntry> replay(List<JournalEntry> journal, Buggified buggified) {
    var different = new ArrayList<JournalEntry>();
    for (var entry : journal) {
      if (!replay(entry, buggified).same()) {
        different.add(entry);
      }
    }
    return different;
  }

  /** Handles one entry again, after all before it: state changes, nothing goes out. */
  public ReplayedEntry replay(JournalEntry entry) {
    return replay(entry, Buggified.NEVER);
  }

  private ReplayedEntry replay(JournalEntry entry, Buggified buggified) {
    var replay = new Replay(entry.atNs(), buggified);
    state.replaying = true;
    handle(entry.event(), replay);
    state.replaying = false;
    state.takeAwaitedGeneration();
    return new ReplayedEntry(entry, replay.decisions(), state.highest);
  }

  private void handle(JobEvent event, Effects<JobEvent> fx) {
    switch (event) {
      case Started started -> membership.started(started, fx);
      case Reopened reopened -> membership.reopened(reopened, fx);
      case FromAgent(var node, var message) -> membership.heard(node, message, fx);
      case Beats beats -> membership.replayed(beats);
      case LinkLost(var node, var reason) -> membership.linkLost(node, reason, fx);
      case HealthCheck() -> membership.checkHealth(fx);
      case NodeSilent silent -> membership.nodeSilent(silent, fx);
      case StartOverdue(var worker) -> membership.startOverdue(worker, fx);
      case Durable(var generation) -> groupLife.durable(generation, fx);
      case Recheck() -> groupLife.gather(fx);
      case Overdue(var generation, var wait) -> groupLife.overdue(generation, wait, fx);
      case StopRequested(var reason) -> membership.stopRequested(reason, fx);
      case StopDue() -> membership.stopDue(fx);
      case LeaveDue(var node) -> membership.leaveDue(node, fx);
      case CheckpointRequested request -> groupLife.checkpoints().requested(request, fx);
      case PersistDue() -> groupLife.checkpoints().persistDue(fx);
      case CopyDue() -> groupLife.checkpoints().copyDue(fx);
      case LastCheckpointOverdue() -> ending.withoutLastCheckpoint(fx);
      case SalvageOverdue() -> ending.salvage().overdue(fx);
      case CensusOverdue() -> ending.salvage().censusOverdue(fx);
      case SalvageRetry() -> ending.salvage().retry(fx);
      case ShutdownOverdue() -> ending.overdue(fx);
    }
  }

  /**
   * Beats, health checks and requests for ranges are too many. What they lead to is an event of its
   * own; what beats change besides goes to the journal as a summary, before the next entry.
   */
  private static boolean journaled(JobEvent event) {
    return switch (event) {
      case FromAgent(var node, var message) ->
          !(message instanceof ToMaster.Beat
              || message instanceof ToMaster.TakeRange
              || message instanceof ToMaster.DatasetRequest);
      case HealthCheck() -> false;
      default -> true;
    };
  }
}
