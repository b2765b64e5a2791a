package dev.muster.master.job;

import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.core.Observation;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes effects on and keeps the notes, so that the journal holds each input with what was decided
 * and why. An event has one instant, the one in the journal: a clock that ran on while it is
 * handled could decide otherwise than a replay.
 */
final class RecordedDecisions extends ForwardingEffects<JobEvent> {
  private final long atNs;
  private final List<String> decisions = new ArrayList<>();

  RecordedDecisions(Effects<JobEvent> fx, long atNs) {
    over(fx);
    this.atNs = atNs;
  }

  List<String> decisions() {
    return List.copyOf(decisions);
  }

  /**
   * What the journal keeps of a note: of a recovery all but the split into phases, one of which is
   * measured while it is decided; of a group also a hash of who has which rank.
   */
  static String decision(Observation observation) {
    var fields = observation.fields();
    return switch (observation.topic()) {
      case "recovery.done" ->
          "recovery.done: generation %s trains after %s ms, kind=%s stepsRedone=%s"
              .formatted(
                  fields.get("generation"),
                  fields.get("totalMs"),
                  fields.get("kind"),
                  fields.get("stepsRedone"));
      case "generation.formed" ->
          "generation.formed: %s; ranks=%08x"
              .formatted(observation.text(), fields.get("members").hashCode());
      default -> observation.topic() + ": " + observation.text();
    };
  }

  @Override
  public void note(Observation observation) {
    decisions.add(decision(observation));
    super.note(observation);
  }

  @Override
  public long nowNs() {
    return atNs;
  }
}
