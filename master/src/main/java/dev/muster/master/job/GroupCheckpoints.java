package dev.muster.master.job;

import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/** Rounds of checkpoints and of copies of the group that trains; between groups there are none. */
final class GroupCheckpoints implements Checkpointing {
  private final JobState state;
  private final Ending ending;
  private final Persisting persisting;
  private final Copying copying;

  GroupCheckpoints(JobState state, Ending ending, Persisting persisting) {
    this.state = state;
    this.ending = ending;
    this.persisting = persisting;
    this.copying = new Copying(state);
  }

  /** The group trains. */
  void start(Effects<JobEvent> fx) {
    persisting.rounds().start(fx);
    copying.start(fx);
  }

  /** The group ends. */
  void stop(Effects<JobEvent> fx) {
    persisting.rounds().stop(fx);
    copying.rounds().stop(fx);
  }

  @Override
  public boolean saves(Effects<JobEvent> fx) {
    if (state.phase != JobState.Phase.TRAINING) {
      return false;
    }
    persisting.rounds().newest(fx);
    copying.rounds().newest(fx);
    return saving();
  }

  private boolean saving() {
    return persisting.rounds().underWay().isPresent() || copying.rounds().underWay().isPresent();
  }

  private void releaseWhenSaved(Effects<JobEvent> fx) {
    if (!saving() && !state.ending()) {
      state.drain.release(fx);
    }
  }

  @Override
  public void requested(JobEvent.CheckpointRequested request, Effects<JobEvent> fx) {
    persisting.requested(request, fx);
  }

  @Override
  public void persistDue(Effects<JobEvent> fx) {
    persisting.rounds().due(fx);
  }

  @Override
  public void copyDue(Effects<JobEvent> fx) {
    copying.rounds().due(fx);
  }

  @Override
  public void shardsWritten(ToMaster.ShardsWritten written, Effects<JobEvent> fx) {
    if (written.to() == ToAgent.Medium.MEMORY) {
      copying.rounds().told(written, fx);
    } else {
      persisting.written(written, fx);
      ending.considerDone(fx);
    }
    releaseWhenSaved(fx);
  }

  @Override
  public void committed(ToMaster.CheckpointCommitted committed, Effects<JobEvent> fx) {
    persisting.committed(committed, fx);
    ending.considerDone(fx);
    releaseWhenSaved(fx);
  }
}
