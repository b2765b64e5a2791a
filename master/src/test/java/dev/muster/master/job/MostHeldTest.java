package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.health.LastHeard;
import dev.muster.master.job.JobState.Phase;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a member may hold that is lost; the master heard of step 10 last. */
class MostHeldTest {
  private static final long KNOWN = 10;

  private final JobState state =
      new JobState(DrivenJob.config(2, 1, 1, JobSpec.Checkpoint.OFF), LastHeard.RECORDED);
  private final Fleet.Worker member = state.fleet.add(new WorkerId(new NodeId("n0"), 0), 0);

  @BeforeEach
  void know() {
    state.committedStep = KNOWN;
  }

  private long mostHeld(Phase phase, long appliedStep) {
    state.phase = phase;
    state.fleet.holds(member, appliedStep);
    return state.mostHeld(member);
  }

  @Test
  void givenAGroupThatTrains_whenNobodyHasToldItsLastStep_thenAMemberMayHoldAny() {
    assertThat(mostHeld(Phase.TRAINING, 4)).isEqualTo(LostHolders.ANY_STEP);
    assertThat(mostHeld(Phase.REVOKING, 4)).isEqualTo(LostHolders.ANY_STEP);
    assertThat(mostHeld(Phase.JOINING, 4)).as("it may have begun").isEqualTo(LostHolders.ANY_STEP);
  }

  @Test
  void givenAGroupThatHasEnded_whenAMemberToldTheLastStep_thenTheOthersHoldNoLaterOne() {
    state.lastStep(KNOWN + 1);
    assertThat(mostHeld(Phase.REVOKING, 4)).isEqualTo(KNOWN + 1);
    assertThat(mostHeld(Phase.REVOKING, KNOWN + 2)).isEqualTo(KNOWN + 2);
  }

  @Test
  void givenAMachineInDoubt_whenItTellsWhatItHolds_thenAMemberElsewhereMayStillHoldAny() {
    state.heldStep(KNOWN + 1);
    assertThat(state.committedStep).isEqualTo(KNOWN + 1);
    assertThat(mostHeld(Phase.REVOKING, 4)).isEqualTo(LostHolders.ANY_STEP);
  }

  @Test
  void givenTheNextGroup_whenItBegins_thenItsLastStepIsUnknownAgain() {
    state.lastStep(KNOWN);
    state.stepsBegin();
    assertThat(mostHeld(Phase.TRAINING, 4)).isEqualTo(LostHolders.ANY_STEP);
  }

  @Test
  void givenAMemberThatHoldsNothing_whenTheGroupHasEnded_thenItDoesNotTellTheLastStep() {
    state.lastStep(-1);
    assertThat(mostHeld(Phase.REVOKING, 4)).isEqualTo(LostHolders.ANY_STEP);
  }

  @Test
  void givenANewcomer_whenItIsLostBeforeTheGroupTrains_thenItHoldsNothing() {
    assertThat(mostHeld(Phase.JOINING, -1)).isEqualTo(-1);
  }

  /** Its own word may be lost with its link. */
  @Test
  void givenANewcomer_whenAnotherHasRestored_thenItMayTrainToo() {
    state.someRestored();
    assertThat(mostHeld(Phase.JOINING, -1)).isEqualTo(LostHolders.ANY_STEP);
    state.stepsBegin();
    assertThat(mostHeld(Phase.JOINING, -1)).as("of the next group").isEqualTo(-1);
  }

  @Test
  void givenAGroupThatIsOnlyOrdered_whenAMemberIsLost_thenItHoldsWhatItBroughtAlong() {
    assertThat(mostHeld(Phase.ORDERED, 4)).isEqualTo(4);
  }
}
