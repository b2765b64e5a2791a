package dev.muster.master.job;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggified;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Effects of a replay: the clock of the journal, nothing goes out, decisions are kept for
 * comparison.
 */
final class Replay implements Effects<JobEvent> {
  private final long nowNs;
  private final Buggified buggified;
  private final List<String> decisions = new ArrayList<>();

  Replay(long nowNs, Buggified buggified) {
    this.nowNs = nowNs;
    this.buggified = buggified;
  }

  List<String> decisions() {
    return List.copyOf(decisions);
  }

  @Override
  public long nowNs() {
    return nowNs;
  }

  @Override
  public void note(Observation observation) {
    decisions.add(RecordedDecisions.decision(observation));
  }

  @Override
  public void send(PeerId to, Message message) {}

  @Override
  public void timer(String key, long delayNs, JobEvent event) {}

  @Override
  public void cancel(String key) {}

  @Override
  public void persist(Object entry, JobEvent done) {}

  @Override
  public void perform(Action action) {}

  @Override
  public boolean buggified(Buggify point, long entity) {
    return buggified.at(point, entity, nowNs);
  }

  @Override
  public long random(String stream, long entity, long index) {
    throw new IllegalStateException("the job core draws no random numbers");
  }
}
