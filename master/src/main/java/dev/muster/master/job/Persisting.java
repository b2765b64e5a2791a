package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Brings checkpoints to storage: when all nodes have written their shards of a step, one of them
 * makes it a checkpoint. The last step is written without an order.
 */
final class Persisting implements Rounds.Port {
  private final JobState state;
  private final Rounds rounds;
  private String lastProblem = ""; // why the last step does not get there; empty: nothing is known

  Persisting(JobState state) {
    this.state = state;
    this.rounds = new Rounds(state, this);
  }

  Rounds rounds() {
    return rounds;
  }

  private JobSpec.Checkpoint settings() {
    return state.config.job().checkpoint();
  }

  @Override
  public String name() {
    return "checkpoint";
  }

  @Override
  public long intervalNs() {
    return settings().persists() ? settings().persistNs() : 0;
  }

  @Override
  public Tier tier() {
    return Tier.STORAGE;
  }

  @Override
  public JobEvent due() {
    return new JobEvent.PersistDue();
  }

  @Override
  public void order(Generation generation, long step, Effects<JobEvent> fx) {
    var order = new ToAgent.Persist(generation, step);
    state.group().nodes().forEach(node -> state.order(fx, node, order));
  }

  /** A checkpoint beside those that are due by time. */
  void requested(JobEvent.CheckpointRequested request, Effects<JobEvent> fx) {
    var refusal = refusal();
    var step = refusal.isEmpty() ? rounds.now(fx) : OptionalLong.empty();
    var text =
        step.isPresent()
            ? "step %d goes to storage, or a later one if a node is past it by then"
                .formatted(step.getAsLong())
            : refusal.orElse("the last step comes first, and is saved without a request");
    fx.note("checkpoint.requested", request.reason() + ": " + text);
    fx.perform(new JobAction.Answer(request.request(), step.isPresent(), text));
  }

  /** Why nothing can be brought to storage now. */
  private Optional<String> refusal() {
    if (!settings().persists()) {
      return Optional.of(
          "checkpoints are off: muster.checkpoint.memory-every or muster.checkpoint.persist is 0");
    }
    if (state.phase != JobState.Phase.TRAINING) {
      return Optional.of("the job does not train: " + state.detail() + "; ask again when it does");
    }
    return rounds.underWay().isPresent()
        ? Optional.of(
            "step %d is on its way to storage already".formatted(rounds.underWay().getAsLong()))
        : Optional.empty();
  }

  void written(ToMaster.ShardsWritten message, Effects<JobEvent> fx) {
    if (!message.generation().equals(state.group().generation()) || !state.grouped()) {
      return;
    }
    boolean last = message.step() == state.config.job().steps();
    if (last && !lastAwaited()) { // a later group has made it again
      return;
    }
    if (last && !rounds.isOf(message.generation(), message.step())) {
      rounds.begin(message.step(), 0, fx);
    }
    rounds.told(message, fx);
    if (last && !rounds.isOf(message.generation(), message.step())) {
      lastFailed(message.node(), message.problem());
    }
  }

  @Override
  public void sent(Rounds.Round round, Effects<JobEvent> fx) {
    int shards = state.sharded ? state.group().worldSize() : state.group().nodes().size();
    state.order(
        fx,
        state.group().nodes().getFirst(),
        new ToAgent.CommitCheckpoint(round.generation(), round.step(), shards));
  }

  /** A commit that is told late counts as well: the checkpoint is there. */
  void committed(ToMaster.CheckpointCommitted message, Effects<JobEvent> fx) {
    boolean awaited = rounds.isOf(message.generation(), message.step());
    if (message.problem().isEmpty()) {
      state.checkpoints.stored(new Point(message.step(), message.generation()));
      state.checkpoints.retain(settings().keepLast(), settings().keepEvery());
      String took = awaited ? ", %.1f s after it was ordered".formatted(rounds.end(fx)) : "";
      fx.note(
          "checkpoint.committed",
          "step %d of generation %s is on storage%s"
              .formatted(message.step(), message.generation(), took));
    } else if (awaited) {
      rounds.failed("node %s: %s".formatted(message.node(), message.problem()), fx);
      if (message.step() == state.config.job().steps()) {
        lastFailed(message.node(), message.problem());
      }
    }
  }

  private void lastFailed(NodeId node, String problem) {
    lastProblem = "node %s: %s".formatted(node, problem);
  }

  /** Why the last step is not on storage and will not be; empty when that is not known. */
  String lastProblem() {
    return lastProblem;
  }

  /** Whether the last step is still on its way to storage. */
  boolean lastAwaited() {
    long last = state.config.job().steps();
    return settings().persists()
        && state.config.job().worker().managed()
        && state.grouped()
        && lastProblem.isEmpty()
        && state.checkpoints.newestStored().map(p -> p.step() < last).orElse(true);
  }
}
