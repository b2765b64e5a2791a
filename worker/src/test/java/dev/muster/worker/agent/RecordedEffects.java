package dev.muster.worker.agent;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers what a core did; its time stands still until a test moves it, and timers fire only
 * then.
 */
public final class RecordedEffects<E> implements Effects<E> {
  private record Armed<E>(long atNs, long order, E event) {}

  public final List<Message> sent = new ArrayList<>();
  public final List<Action> performed = new ArrayList<>();
  public final List<Observation> noted = new ArrayList<>();
  private final Map<String, Armed<E>> timers = new LinkedHashMap<>();
  private long nowNs = 1_000_000_000L;
  private long order;

  @Override
  public long nowNs() {
    return nowNs;
  }

  @Override
  public void send(PeerId to, Message message) {
    sent.add(message);
  }

  @Override
  public void timer(String key, long delayNs, E event) {
    timers.put(key, new Armed<>(nowNs + delayNs, order++, event));
  }

  @Override
  public void cancel(String key) {
    timers.remove(key);
  }

  @Override
  public void persist(Object entry, E done) {
    throw new UnsupportedOperationException("this core keeps no journal");
  }

  @Override
  public void perform(Action action) {
    performed.add(action);
  }

  @Override
  public long random(String stream, long entity, long index) {
    return CounterRandom.mix(42, stream, entity, index);
  }

  @Override
  public void note(Observation observation) {
    noted.add(observation);
  }

  /** Moves time on and fires what falls due, in order of time. */
  public void advance(long ns, Core<E> core) {
    long endNs = nowNs + ns;
    while (true) {
      var due =
          timers.entrySet().stream()
              .filter(t -> t.getValue().atNs() <= endNs)
              .min(
                  Comparator.<Map.Entry<String, Armed<E>>>comparingLong(t -> t.getValue().atNs())
                      .thenComparingLong(t -> t.getValue().order()));
      if (due.isEmpty()) {
        nowNs = endNs;
        return;
      }
      timers.remove(due.get().getKey());
      nowNs = Math.max(nowNs, due.get().getValue().atNs());
      core.on(due.get().getValue().event(), this);
    }
  }

  public <M> List<M> sent(Class<M> type) {
    return sent.stream().filter(type::isInstance).map(type::cast).toList();
  }

  public <A> List<A> performed(Class<A> type) {
    return performed.stream().filter(type::isInstance).map(type::cast).toList();
  }

  public boolean armed(String key) {
    return timers.containsKey(key);
  }

  /** Forgets what was recorded; timers stay. */
  public void clear() {
    sent.clear();
    performed.clear();
    noted.clear();
  }
}
