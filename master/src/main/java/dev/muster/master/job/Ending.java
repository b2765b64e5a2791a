package dev.muster.master.job;

import dev.muster.master.budget.Failure;
import dev.muster.master.budget.FailureKind;
import dev.muster.master.budget.RestartBudget;
import dev.muster.master.budget.Verdict;
import dev.muster.master.checkpoint.CheckpointLedger;
import dev.muster.master.job.JobState.Phase;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.FirstCause;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.List;
import java.util.Map;

/**
 * When a job is over, and how: its last step, a spent budget, a request. Exit codes: see {@code
 * ExitCode}.
 */
final class Ending {
  private static final String SHUTDOWN = "shutdown";
  private static final String LAST_CHECKPOINT = "last-checkpoint";

  /** Storage that takes longer holds the hosts, which cost more than the last steps. */
  private static final long LAST_CHECKPOINT_NS = 300_000_000_000L;

  /** What memory holds is of no use to a job that has its last step. */
  private static final long SAVES_NOTHING = 0;

  private final JobState state;
  private final Persisting persisting;
  private final Salvage salvage;
  private boolean awaitsCheckpoint;
  private final Unexplained unexplained = new Unexplained();
  private RestartBudget budget;
  private Generation blamed = Generation.NONE; // in which the first cause was
  private RunState outcome;
  private int exitCode;
  private String reason = "";

  /** What a rank said that has made the last step, of any generation; null before. */
  private ToMaster.WorkerFinished trained;

  /** What rank 0 said once it had evaluated; null before. */
  private ToMaster.WorkerFinished evaluated;

  Ending(JobState state, Persisting persisting) {
    this.state = state;
    this.persisting = persisting;
    this.salvage = new Salvage(state, this::close);
    this.budget = RestartBudget.of(RestartBudget.Limits.of(state.config.job()));
  }

  /** What is saved before the end. */
  Salvage salvage() {
    return salvage;
  }

  /** Goes on with a job that had ended without its last step; the user has mended something. */
  void reopen() {
    budget = RestartBudget.of(RestartBudget.Limits.of(state.config.job()));
    unexplained.clear();
    state.firstCause = null;
    state.phase = Phase.GATHERING;
  }

  /** Whether the job ends, or has ended, without its last step. */
  boolean reopenable() {
    return state.ending() && outcome != RunState.SUCCEEDED;
  }

  /** Books a failure; false when it ends the job. */
  boolean charge(Failure failure, String text, Effects<JobEvent> fx) {
    if (evaluated != null
        || (state.phase == Phase.TRAINING && allCommitted() && failure.rank() != 0)) {
      fx.note("failure.ignored", text + "; the last step is committed, only rank 0 is needed");
      considerDone(fx);
      return false;
    }
    if (state.fleet.count().finished() > 0) { // they go on in another group
      state.fleet.workers(Fleet.Worker::finished).forEach(w -> state.fleet.finished(w, false));
    }
    var verdict = budget.charge(failure);
    budget = verdict.budget();
    say(verdict, failure, fx);
    if (!(verdict instanceof Verdict.Secondary)) {
      countAsFailure(failure);
      blame(failure, text);
      unexplained.charged(failure);
    }
    return !ends(verdict, fx);
  }

  private boolean ends(Verdict verdict, Effects<JobEvent> fx) {
    if (verdict instanceof Verdict.End end) {
      end(RunState.FAILED, end.exitCode(), end.reason(), LAST_CHECKPOINT_NS, fx);
    }
    return verdict instanceof Verdict.End;
  }

  private void say(Verdict verdict, Failure failure, Effects<JobEvent> fx) {
    fx.note(
        new Observation(
            "failure.charged",
            verdict.reason(),
            Map.of(
                "restartsRemaining",
                budget.restartsRemaining(),
                "worker",
                failure.worker().toString(),
                "kind",
                failure.kind().name(),
                "step",
                failure.step())));
  }

  private FirstCause explained(FirstCause cause) {
    String text = cause.text() + state.evidence.behind(blamed);
    return new FirstCause(cause.worker(), cause.rank(), cause.step(), text, cause.trace());
  }

  private void blame(Failure failure, String text) {
    blamed = failure.generation();
    state.firstCause =
        new FirstCause(
            failure.worker().toString(), failure.rank(), stepOf(failure), text, failure.error());
  }

  /** It ended unseen: until its agent tells how, it is charged as nobody's fault. */
  void awaitCause(WorkerId worker) {
    unexplained.await(worker);
  }

  /**
   * An agent tells late how a worker ended: charges it to what it was.
   *
   * @return false: it does not explain anything
   */
  boolean explained(ToMaster.WorkerExited exited, Effects<JobEvent> fx) {
    var assumed = unexplained.explain(exited);
    assumed.ifPresent(failure -> recharge(failure, actual(failure, exited), fx));
    return assumed.isPresent();
  }

  private Failure actual(Failure assumed, ToMaster.WorkerExited exited) {
    var kind =
        state.config.job().worker().managed()
            ? FailureKind.ofManaged(exited.exit(), exited.error())
            : FailureKind.classify(exited.exit(), exited.error(), false).orElse(assumed.kind());
    boolean same = assumed.worker().equals(exited.worker());
    return new Failure(
        exited.worker(),
        same ? assumed.rank() : state.group().rankOf(exited.worker()).orElse(-1),
        assumed.generation(),
        assumed.step(),
        kind,
        exited.exit(),
        exited.error());
  }

  private void recharge(Failure assumed, Failure actual, Effects<JobEvent> fx) {
    var verdict = budget.recharge(assumed, actual);
    budget = verdict.budget();
    say(verdict, actual, fx);
    state.exposure.mistaken();
    countAsFailure(actual);
    blame(
        actual,
        "rank %d (worker %s) ended with %s while its node had no link"
            .formatted(actual.rank(), actual.worker(), actual.exit()));
    ends(verdict, fx);
  }

  /** The user's own errors would come back at any interval. */
  private void countAsFailure(Failure failure) {
    if (failure.kind() == FailureKind.INFRASTRUCTURE || failure.kind() == FailureKind.HANG) {
      state.exposure.failed();
    }
  }

  /**
   * The step it happened in: the one after the last committed; -1 when it was in no group, or steps
   * are unknown.
   */
  private long stepOf(Failure failure) {
    return failure.rank() < 0 || failure.step() < 0
        ? -1
        : Math.min(failure.step() + 1, state.config.job().steps());
  }

  private boolean allCommitted() {
    return state.config.job().worker().managed()
        && state.committedStep >= state.config.job().steps();
  }

  /**
   * Members of the group are through: rank 0 evaluates, there is nothing more to commit and no
   * group to form.
   */
  boolean finishing() {
    return state.grouped() && state.fleet.count().finishedMembers() > 0;
  }

  /** The former master died while the job ended, or before anybody heard how: end it again. */
  void resume(Effects<JobEvent> fx) {
    if (state.phase == Phase.OVER) {
      over(fx);
    } else if (state.phase == Phase.SAVING) {
      salvage.resume(fx);
    } else {
      awaitWorkers(fx);
    }
  }

  /** Below the minimum for too long: the scheduler may try again elsewhere. */
  void giveUp(String why, Effects<JobEvent> fx) {
    if (!allCommitted()) {
      end(RunState.FAILED, ExitCode.REQUEUE, why, LAST_CHECKPOINT_NS, fx);
    } else {
      String text = "committed %d steps, without an evaluation: %s";
      completed(text.formatted(state.committedStep, why), LAST_CHECKPOINT_NS, fx);
    }
  }

  /**
   * Asked while the newest step is being saved, the job ends at once.
   *
   * @param saveNs how long that may take; 0: nothing is saved
   */
  void cancel(String why, long saveNs, Effects<JobEvent> fx) {
    if (!state.ending()) {
      state.firstCause = null;
      end(RunState.CANCELLED, ExitCode.CANCELLED, why, saveNs, fx);
    } else if (state.phase == Phase.SAVING) {
      fx.note("job.draining", "nothing more is saved: " + why);
      salvage.end(fx);
    }
  }

  /** All that was asked for is done. */
  void completed(String why, Effects<JobEvent> fx) {
    completed(why, SAVES_NOTHING, fx);
  }

  private void completed(String why, long saveNs, Effects<JobEvent> fx) {
    state.firstCause = null;
    end(RunState.SUCCEEDED, ExitCode.SUCCESS, why, saveNs, fx);
  }

  void finished(ToMaster.WorkerFinished message, Effects<JobEvent> fx) {
    if (!message.generation().equals(state.group().generation()) || state.ending()) {
      return;
    }
    state.committedStep = Math.max(state.committedStep, message.step());
    checkDigest(message, fx);
    trained = message;
    boolean rankZero = state.group().rankOf(message.worker()).orElse(-1) == 0;
    if (!state.grouped() && !rankZero) {
      return; // the group is over; it finishes again in the next one
    }
    state.detail("the last step is committed; rank 0 evaluates", fx);
    state.fleet.worker(message.worker()).ifPresent(w -> state.fleet.finished(w, true));
    evaluated = rankZero ? message : evaluated;
    considerDone(fx);
  }

  /** Data-parallel ranks hold the same parameters; a difference is a defect and is said loudly. */
  private void checkDigest(ToMaster.WorkerFinished message, Effects<JobEvent> fx) {
    if (trained != null && !trained.parametersDigest().equals(message.parametersDigest())) {
      fx.note(
          "parameters.differ",
          "parameters differ: worker=%s digest=%s, worker=%s digest=%s"
              .formatted(
                  trained.worker(),
                  trained.parametersDigest(),
                  message.worker(),
                  message.parametersDigest()));
    }
  }

  /**
   * Once rank 0 has evaluated and the last step is on storage; the other members of a group that
   * lives may tell their digest first.
   */
  void considerDone(Effects<JobEvent> fx) {
    boolean open = state.grouped() && state.fleet.count().open() > 0;
    if (evaluated == null || open || state.ending()) {
      return;
    }
    if (!persisting.lastAwaited()) {
      completed("committed " + state.committedStep + " steps" + unsaved(), fx);
    } else if (!awaitsCheckpoint) {
      awaitsCheckpoint = true;
      state.detail("the last step is on its way to storage", fx);
      limitLastCheckpoint(fx);
    }
  }

  private String unsaved() {
    String problem = persisting.lastProblem();
    return problem.isEmpty()
        ? ""
        : "; the last one is not on storage, resuming needs an earlier one: " + problem;
  }

  /** Also after a change of masters, whose timers are gone. */
  void limitLastCheckpoint(Effects<JobEvent> fx) {
    if (awaitsCheckpoint) {
      fx.timer(LAST_CHECKPOINT, LAST_CHECKPOINT_NS, new JobEvent.LastCheckpointOverdue());
    }
  }

  void withoutLastCheckpoint(Effects<JobEvent> fx) {
    if (evaluated != null && !state.ending()) {
      completed(
          "committed %d steps; the last one is not on storage after %d s"
              .formatted(state.committedStep, LAST_CHECKPOINT_NS / 1_000_000_000L),
          fx);
    }
  }

  /**
   * @param saveNs how long saving the newest step may hold the end up
   */
  private void end(
      RunState outcome, int exitCode, String reason, long saveNs, Effects<JobEvent> fx) {
    this.outcome = outcome;
    this.exitCode = exitCode;
    this.reason = reason;
    if (saveNs > 0 && salvage.possible()) {
      state.phase = Phase.SAVING;
      state.outlasting = null;
      state.detail("the job ends once the newest step in memory is saved", fx);
      salvage.begin(saveNs, fx);
    } else {
      close(fx);
    }
  }

  private void close(Effects<JobEvent> fx) {
    state.phase = Phase.ENDING;
    fx.note("job.ending", outcome.name().toLowerCase(java.util.Locale.ROOT) + ": " + reason);
    state.orderAll(fx, shutdown());
    awaitWorkers(fx);
  }

  private void awaitWorkers(Effects<JobEvent> fx) {
    fx.timer(
        SHUTDOWN, state.config.job().graceNs() + 2_000_000_000L, new JobEvent.ShutdownOverdue());
    workerGone(fx);
  }

  private ToAgent shutdown() {
    return new ToAgent.Shutdown(state.config.job().graceNs(), reason);
  }

  /** A node that registers while the job ends may hold what is being saved, or is told to end. */
  void nodeBack(NodeId node, Effects<JobEvent> fx) {
    if (state.phase == Phase.SAVING) {
      salvage.nodeBack(node, fx);
    } else {
      state.order(fx, node, shutdown());
    }
  }

  void nodeGone(NodeId node, Effects<JobEvent> fx) {
    salvage.nodeGone(node, fx);
    workerGone(fx);
  }

  void workerGone(Effects<JobEvent> fx) {
    if (state.phase == Phase.ENDING && state.fleet.isEmpty()) {
      over(fx);
    }
  }

  void overdue(Effects<JobEvent> fx) {
    if (state.phase == Phase.ENDING) {
      fx.note(
          "shutdown.overdue",
          "workers that did not report their end: "
              + state.fleet.workers(w -> true).stream().map(w -> w.id.toString()).toList()
              + "; their agents' lease ends them");
      over(fx);
    }
  }

  private void over(Effects<JobEvent> fx) {
    state.phase = Phase.OVER;
    fx.cancel(SHUTDOWN);
    fx.cancel("health");
    fx.perform(new JobAction.Publish(() -> Snapshots.progress(state, outcome)));
    fx.perform(new JobAction.Finish(result()));
  }

  private Result result() {
    boolean done = evaluated != null;
    double loss = done ? evaluated.loss() : Double.NaN;
    List<String> report = done ? evaluated.report() : List.of();
    String digest = trained == null ? "" : trained.parametersDigest();
    return new Result(
        outcome,
        exitCode,
        reason,
        state.committedStep,
        state.highest.number(),
        loss,
        digest,
        report,
        null,
        state.firstCause == null ? null : explained(state.firstCause),
        List.copyOf(state.recoveries),
        state.checkpoints.newestStored().map(CheckpointLedger.Point::step).orElse(0L));
  }
}
