package dev.muster.benchmarks;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;

/**
 * Effects that cost next to nothing: time stands still, timers never fire, what is performed is
 * counted.
 */
final class CountingEffects<E> implements Effects<E> {
  private int performed;

  int performed() {
    return performed;
  }

  @Override
  public long nowNs() {
    return 0;
  }

  @Override
  public void send(PeerId to, Message message) {}

  @Override
  public void timer(String key, long delayNs, E event) {}

  @Override
  public void cancel(String key) {}

  @Override
  public void persist(Object entry, E done) {}

  @Override
  public void perform(Action action) {
    performed++;
  }

  @Override
  public long random(String stream, long entity, long index) {
    return 0;
  }

  @Override
  public void note(Observation observation) {}
}
