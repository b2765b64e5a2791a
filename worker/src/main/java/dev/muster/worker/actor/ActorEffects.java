package dev.muster.worker.actor;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** The effects of one core that lives in an actor. Used on that actor's thread only. */
final class ActorEffects<E> implements Effects<E> {
  private final ActorRef<E> self;
  private final TimerScheduler<E> timers;
  private final Ports ports;

  ActorEffects(ActorRef<E> self, TimerScheduler<E> timers, Ports ports) {
    this.self = self;
    this.timers = timers;
    this.ports = ports;
  }

  @Override
  public long nowNs() {
    return ports.clock().nowNs();
  }

  @Override
  public void send(PeerId to, Message message) {
    ports.transport().send(to, message);
  }

  @Override
  public void timer(String key, long delayNs, E event) {
    timers.startSingleTimer(key, event, Duration.ofNanos(Math.max(0, delayNs)));
  }

  @Override
  public void cancel(String key) {
    timers.cancel(key);
  }

  @Override
  public void persist(Object entry, E done) {
    ports.journal().append(entry, done == null ? () -> {} : () -> self.tell(done));
  }

  @Override
  public void perform(Action action) {
    ports.actions().accept(action);
  }

  @Override
  public long random(String stream, long entity, long index) {
    return CounterRandom.mix(ports.seed(), stream, entity, index);
  }

  @Override
  public void note(Observation observation) {
    ports.observations().accept(observation);
  }
}
