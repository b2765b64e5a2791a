package dev.muster.protocol.core;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;

/**
 * Hands everything on to the effects it was set {@link #over}; whoever sees, holds back or changes
 * some of them overrides those.
 *
 * @param <E> events of the core that uses this
 */
public class ForwardingEffects<E> implements Effects<E> {
  private Effects<E> fx;

  /** From now on; what an event of a core needs lasts until its end, as events do not nest. */
  public final Effects<E> over(Effects<E> real) {
    fx = real;
    return this;
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
  public void timer(String key, long delayNs, E event) {
    fx.timer(key, delayNs, event);
  }

  @Override
  public void cancel(String key) {
    fx.cancel(key);
  }

  @Override
  public void persist(Object entry, E done) {
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

  @Override
  public boolean buggified(Buggify point, long entity) {
    return fx.buggified(point, entity);
  }

  @Override
  public void note(Observation observation) {
    fx.note(observation);
  }
}
