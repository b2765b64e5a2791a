package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * A process that is a bare core: its events are calls, its effects entries of the world's queue.
 */
final class CoreHost<E> extends Host<E> {
  private final Core<E> core;
  private final Consumer<Effects.Action> actions;
  private final Effects<E> effects = new WorldEffects();
  private final TreeMap<String, Long> armed = new TreeMap<>();
  private long armings;

  CoreHost(
      World world,
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    super(world, id, inbound);
    this.core = core;
    this.actions = actions;
  }

  @Override
  protected void handle(E event) {
    traced(event);
    core.on(event, effects);
  }

  @Override
  public void inside(Consumer<Effects<E>> what) {
    what.accept(effects);
  }

  @Override
  protected void ended() {
    armed.clear();
  }

  /** A timer that came while the process was paused may have been cancelled since. */
  private void fire(String key, long arming, E event) {
    if (armed.getOrDefault(key, 0L) == arming) {
      armed.remove(key);
      handle(event);
    }
  }

  private final class WorldEffects implements Effects<E> {
    @Override
    public long nowNs() {
      return clockNs();
    }

    @Override
    public void send(PeerId to, Message message) {
      CoreHost.this.send(to, message);
    }

    @Override
    public void timer(String key, long delayNs, E event) {
      long arming = ++armings;
      armed.put(key, arming);
      later(worldNs(delayNs), () -> fire(key, arming, event));
    }

    @Override
    public void cancel(String key) {
      armed.remove(key);
    }

    @Override
    public void persist(Object entry, E done) {
      keep(entry);
      if (done != null) {
        later(persistNs(), () -> handle(done));
      }
    }

    @Override
    public void perform(Action action) {
      actions.accept(action);
    }

    @Override
    public long random(String stream, long entity, long index) {
      return CounterRandom.mix(world().seed(), stream, entity, index);
    }

    @Override
    public boolean buggified(Buggify point, long entity) {
      return CoreHost.this.buggified(point, entity);
    }

    @Override
    public void note(Observation observation) {
      CoreHost.this.note(observation);
    }
  }
}
