package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Trainer;
import dev.muster.worker.data.SampleLog;
import dev.muster.worker.data.Sampler;
import java.util.List;

/**
 * Obeys the agent's orders, one group after the other. Step thread only.
 *
 * <pre>
 *   waiting    form    → join, restore, step (below); the last step done → finished, waiting again, still a member
 *   waiting    revoke  → left, waiting
 *   waiting    stop    → return
 *   in a group revoked → unwind to the applied step, left, waiting
 *   in a group stop    → at the next step boundary: end the group, return
 * </pre>
 */
final class WorkerLoop {
  private final Agent agent;
  private final LocalGroup group;
  private final Replica replica;
  private final SavedStates saved;
  private final Saver saver;
  private final Loader loader;
  private final long steps;
  private final Runnable whileIdle;
  private long leftGeneration;

  /** Without a rehearsal of its own. */
  WorkerLoop(Agent agent, LocalGroup group, Replica replica, SampleLog log, long steps) {
    this(
        agent,
        group,
        replica,
        log,
        SavedStates.none(),
        Saver.none(),
        steps,
        Loader.Mode.SHARES,
        () -> {});
  }

  /**
   * @param mode how ranks come to their samples
   * @param whileIdle before the first order; returns when there is one, or earlier
   */
  WorkerLoop(
      Agent agent,
      LocalGroup group,
      Replica replica,
      SampleLog log,
      SavedStates saved,
      Saver saver,
      long steps,
      Loader.Mode mode,
      Runnable whileIdle) {
    this.agent = agent;
    this.group = group;
    this.replica = replica;
    this.saved = saved;
    this.saver = saver;
    this.steps = steps;
    Trainer.Dataset dataset = replica.trainer().dataset();
    var sampler = new Sampler(replica.seed(), dataset.samples(), dataset.globalBatch());
    this.loader = new Loader(agent, sampler, log, mode);
    this.whileIdle = whileIdle;
    log.dataset(dataset.samples(), dataset.globalBatch());
  }

  void run() throws Exception {
    agent.page().phase(Phase.IDLE);
    agent.send(ready());
    try (group) {
      whileIdle.run();
      while (true) {
        switch (agent.mailbox().take()) {
          case ToWorker.Form form -> member(form);
          case ToWorker.Revoke revoke -> left(revoke.generation());
          case ToWorker.Stop _ -> {
            return;
          }
          case ToWorker.Welcome _,
              ToWorker.Range _,
              ToWorker.DatasetReply _,
              ToWorker.SaveEvery _ ->
              throw new IllegalStateException("no order among the orders");
        }
      }
    }
  }

  private FromWorker.Ready ready() {
    boolean sharded = replica.trainer().state().stream().anyMatch(t -> !t.replicated());
    return new FromWorker.Ready(
        replica.trainer().dataset().unit(),
        sharded ? FromWorker.Ready.SHARDED : FromWorker.Ready.REPLICATED,
        group.reachedAt());
  }

  private void member(ToWorker.Form form) throws Exception {
    try {
      if (train(form, join(form))) {
        finish(form);
      }
    } catch (RuntimeException e) {
      if (!revoked(e)) {
        throw e;
      }
      left(form.generation());
    }
  }

  private Communicator join(ToWorker.Form form) {
    agent.page().phase(Phase.JOINING); // first: the step on the page is of the former generation
    agent.page().generation(form.generation());
    Communicator communicator = new PhasedCommunicator(group.join(form), agent.page());
    agent.send(new FromWorker.Joined(form.generation()));
    return communicator;
  }

  /** Returns whether the last step is done; false: told to stop. */
  private boolean train(ToWorker.Form form, Communicator communicator) throws Exception {
    agent.page().phase(Phase.RESTORING);
    replica.place(form.rank(), form.worldSize());
    restore(form, communicator);
    saver.enter(form, replica.trainer().state());
    agent.send(new FromWorker.Restored(form.generation(), replica.appliedStep()));
    replica.trainer().joined(communicator);
    return new StepLoop(agent, communicator, replica, loader, saver).runTo(steps);
  }

  /** What cannot be read is no failure of this worker: the master finds something else. */
  private void restore(ToWorker.Form form, Communicator communicator) throws Exception {
    try {
      new Restore(form, communicator, replica, saved).run();
    } catch (UnreadableStateException e) {
      agent.send(new FromWorker.RestoreFailed(form.generation(), e.getMessage()));
      communicator.abort(e.getMessage());
      throw new GroupRevokedException(
          communicator.group(), communicator.generation(), e.getMessage());
    }
  }

  /** All ranks hold the same state, so one evaluates for all. */
  private void finish(ToWorker.Form form) {
    agent.page().phase(Phase.FINISHED);
    Trainer.Evaluation evaluation =
        form.rank() == 0
            ? replica.trainer().evaluate()
            : new Trainer.Evaluation(Double.NaN, List.of());
    Double loss = Double.isFinite(evaluation.loss()) ? evaluation.loss() : null;
    String digest = StateDigest.of(replica.trainer().state());
    agent.send(
        new FromWorker.Finished(
            form.generation(), replica.appliedStep(), loss, digest, evaluation.report()));
  }

  /**
   * Answers once per generation, whether the group's memory or the agent's message told it first.
   */
  private void left(long generation) {
    group.close();
    agent.page().phase(Phase.IDLE);
    if (generation > leftGeneration) {
      leftGeneration = generation;
      agent.send(new FromWorker.Left(generation, replica.appliedStep()));
    }
  }

  /** Also when a library between us and the collective has wrapped it. */
  private static boolean revoked(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof GroupRevokedException) {
        return true;
      }
    }
    return false;
  }
}
