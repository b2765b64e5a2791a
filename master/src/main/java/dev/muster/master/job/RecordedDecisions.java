package dev.muster.master.job;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes effects on and keeps the notes, so that the journal holds each input with what was decided
 * and why.
 */
final class RecordedDecisions implements Effects<JobEvent> {
  private final Effects<JobEvent> fx;
  private final List<String> decisions = new ArrayList<>();

  RecordedDecisions(Effects<JobEvent> fx) {
    this.fx = fx;
  }

  List<String> decisions() {
    return List.copyOf(decisions);
  }

  /** Without what was measured while it was decided: that differs in a replay. */
  static String decision(Observation observation) {
    return observation.topic().equals("recovery.done")
        ? "recovery.done: generation " + observation.fields().get("generation")
        : observation.topic() + ": " + observation.text();
  }

  @Override
  public void note(Observation observation) {
    decisions.add(decision(observation));
    fx.note(observation);
  }

  @Override
  public long nowNs() {
    return fx.nowNs();
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
