package dev.muster.master.job;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes effects on and keeps the notes, so that the journal holds each input with what was decided
 * and why. An event has one instant, the one in the journal: a clock that ran on while it is
 * handled could decide otherwise than a replay.
 */
final class RecordedDecisions implements Effects<JobEvent> {
  private final Effects<JobEvent> fx;
  private final long atNs;
  private final List<String> decisions = new ArrayList<>();

  RecordedDecisions(Effects<JobEvent> fx, long atNs) {
    this.fx = fx;
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
    fx.note(observation);
  }

  @Override
  public long nowNs() {
    return atNs;
  }

  @Override
  public void send(PeerId to, Message message) {
    fx.send(to, message);
  }

  @Override
  public void timer(String key, long delayNs, JobEvent event) {
    fx.timer(key, delayNs, event);
  }

  @Override
  public void cancel(String key) {
    fx.cancel(key);
  }

  @Override
  public void persist(Object entry, JobEvent done) {
    fx.persist(entry, done);
  }

  @Override
  public void perform(Action action) {
    fx.perform(action);
  }

  @Override
  public long random(String stream, long entity, long index) {
    return fx.random(stream, entity, index);
  }
}
