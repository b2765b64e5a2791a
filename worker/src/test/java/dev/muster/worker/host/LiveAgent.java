package dev.muster.worker.host;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.agent.Agent;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.AgentSettings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The agent's core and its runtime on one thread, without actors; a test plays the master and
 * acknowledges nothing.
 */
final class LiveAgent implements Effects<AgentEvent>, AutoCloseable {
  private final ScheduledExecutorService loop =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("live-agent").factory());
  private final Map<String, Future<?>> timers = new ConcurrentHashMap<>();
  private final BlockingQueue<ToMaster> sent = new LinkedBlockingQueue<>();
  final List<String> notes = new CopyOnWriteArrayList<>();
  final AgentRuntime runtime;
  private final Agent core;

  LiveAgent(HostSettings settings, int slots) throws Exception {
    runtime = new AgentRuntime(settings);
    core =
        new Agent(
            new AgentSettings(settings.node(), 1, "localhost", slots, TimeUnit.HOURS.toNanos(1)));
    runtime.start(this::tell);
    tell(new AgentEvent.LinkUp());
  }

  void tell(AgentEvent event) {
    loop.execute(() -> handle(event));
  }

  private void handle(AgentEvent event) {
    try {
      core.on(event, this);
    } catch (RuntimeException e) {
      notes.add("core broke: event=" + event + " cause=" + e);
    }
  }

  void order(ToAgent order) {
    tell(new AgentEvent.Ordered(order));
  }

  /** The next message of this type that fits; others before it are dropped. */
  <M extends ToMaster> M heard(Class<M> type, Predicate<M> fits) {
    try {
      while (true) {
        ToMaster next = sent.take();
        if (type.isInstance(next) && fits.test(type.cast(next))) {
          return type.cast(next);
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(
          "never heard: expected=" + type.getSimpleName() + " notes=" + notes, e);
    }
  }

  @Override
  public long nowNs() {
    return System.nanoTime();
  }

  @Override
  public void send(PeerId to, Message message) {
    sent.add((ToMaster) message);
  }

  @Override
  public void timer(String key, long delayNs, AgentEvent event) {
    cancel(key);
    timers.put(key, loop.schedule(() -> handle(event), delayNs, TimeUnit.NANOSECONDS));
  }

  @Override
  public void cancel(String key) {
    Future<?> former = timers.remove(key);
    if (former != null) {
      former.cancel(false);
    }
  }

  @Override
  public void persist(Object entry, AgentEvent done) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void perform(Action action) {
    runtime.perform(action);
  }

  @Override
  public long random(String stream, long entity, long index) {
    return CounterRandom.mix(1, stream, entity, index);
  }

  @Override
  public void note(Observation observation) {
    notes.add(observation.topic() + ": " + observation.text());
  }

  @Override
  public void close() {
    loop.shutdownNow();
    runtime.close();
  }
}
