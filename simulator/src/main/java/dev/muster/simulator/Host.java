package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * One simulated process: a production core with its timers, its journal and its actions.
 *
 * @param <E> events of the core
 */
public final class Host<E> {
  /** Time until an appended entry is durable. */
  private static final long PERSIST_NS = 2_000_000;

  private final World world;
  private final PeerId id;
  private final Core<E> core;
  private final BiFunction<PeerId, Message, E> inbound;
  private final Consumer<Effects.Action> actions;
  private final TreeMap<String, Long> armed = new TreeMap<>();
  private final List<Observation> notes = new ArrayList<>();
  private final List<Object> journal = new ArrayList<>();
  private final List<E> missed = new ArrayList<>();
  private long armings;
  private boolean paused;
  private boolean alive = true;

  /**
   * @param inbound what event a message of a peer is
   * @param actions does what the core asks of its shell
   */
  public Host(
      World world,
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    this.world = world;
    this.id = id;
    this.core = core;
    this.inbound = inbound;
    this.actions = actions;
  }

  public PeerId id() {
    return id;
  }

  public List<Observation> notes() {
    return notes;
  }

  public List<Object> journal() {
    return journal;
  }

  /** Hands the core one event now, or when it goes on after a pause. */
  public void on(E event) {
    if (alive && paused) {
      missed.add(event);
    } else if (alive) {
      world.traced(id, event);
      core.on(event, effects);
    }
  }

  /** As a SIGSTOP or a long garbage collection: what happens meanwhile is handled afterwards. */
  public void pause() {
    paused = true;
  }

  public void resume() {
    paused = false;
    var late = List.copyOf(missed);
    missed.clear();
    late.forEach(this::on);
  }

  void receive(PeerId from, Message message) {
    on(inbound.apply(from, message));
  }

  void die() {
    alive = false;
  }

  private final Effects<E> effects =
      new Effects<>() {
        @Override
        public long nowNs() {
          return world.nowNs();
        }

        @Override
        public void send(PeerId to, Message message) {
          world.send(id, to, message);
        }

        @Override
        public void timer(String key, long delayNs, E event) {
          long arming = ++armings;
          armed.put(key, arming);
          world.after(delayNs, () -> fire(key, arming, event));
        }

        @Override
        public void cancel(String key) {
          armed.remove(key);
        }

        @Override
        public void persist(Object entry, E done) {
          journal.add(entry);
          if (done != null) {
            world.after(PERSIST_NS, () -> on(done));
          }
        }

        @Override
        public void perform(Action action) {
          actions.accept(action);
        }

        @Override
        public long random(String stream, long entity, long index) {
          return CounterRandom.mix(world.seed(), stream, entity, index);
        }

        @Override
        public void note(Observation observation) {
          notes.add(observation);
        }
      };

  private void fire(String key, long arming, E event) {
    if (alive && armed.getOrDefault(key, 0L) == arming) {
      armed.remove(key);
      on(event);
    }
  }
}
