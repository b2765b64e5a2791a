package dev.muster.master.virtual;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Virtual clock and timers for one core, recording what it performs and notes. Starts at a negative
 * time, as nanoTime may.
 */
public final class VirtualEffects<E> implements Effects<E> {
  private record Timer<E>(long atNs, E event) {}

  private final Map<String, Timer<E>> timers = new LinkedHashMap<>();
  private final List<Action> performed = new ArrayList<>();
  private final List<Observation> notes = new ArrayList<>();
  private long nowNs = -1_000_000_000_000L;

  @Override
  public long nowNs() {
    return nowNs;
  }

  /** Fires due timers in order until {@code ns} have passed. */
  public void advance(long ns, Core<E> core) {
    long endNs = nowNs + ns;
    while (true) {
      var due =
          timers.entrySet().stream()
              .min(Comparator.comparingLong(e -> e.getValue().atNs()))
              .orElse(null);
      if (due == null || due.getValue().atNs() > endNs) {
        nowNs = endNs;
        return;
      }
      timers.remove(due.getKey());
      nowNs = due.getValue().atNs();
      core.on(due.getValue().event(), this);
    }
  }

  public boolean hasTimers() {
    return !timers.isEmpty();
  }

  /** Takes what was performed since the last call. */
  public <A extends Action> List<A> take(Class<A> type) {
    List<A> taken = performed.stream().filter(type::isInstance).map(type::cast).toList();
    performed.removeIf(type::isInstance);
    return taken;
  }

  public List<Observation> notes() {
    return List.copyOf(notes);
  }

  @Override
  public void timer(String key, long delayNs, E event) {
    timers.remove(key);
    timers.put(key, new Timer<>(nowNs + delayNs, event));
  }

  @Override
  public void cancel(String key) {
    timers.remove(key);
  }

  @Override
  public void perform(Action action) {
    performed.add(action);
  }

  @Override
  public long random(String stream, long entity, long index) {
    return new SplittableRandom(stream.hashCode() * 31L + entity * 17 + index).nextLong();
  }

  @Override
  public void note(Observation observation) {
    notes.add(observation);
  }

  @Override
  public void send(PeerId to, Message message) {
    throw new UnsupportedOperationException("no peers here: to=" + to);
  }

  @Override
  public void persist(Object entry, E done) {
    throw new UnsupportedOperationException("no journal here: entry=" + entry);
  }
}
