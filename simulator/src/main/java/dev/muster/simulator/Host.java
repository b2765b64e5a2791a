package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * One simulated process: a production core with its timers, its journal and its actions. Subclasses
 * say how the core is hosted; time, pauses, the end of the process and the trace are the same for
 * all of them. On the world's thread only.
 *
 * @param <E> events of the core
 */
public abstract class Host<E> {
  /** Time until an appended entry is durable. */
  private static final long PERSIST_NS = 2_000_000;

  private final World world;
  private final PeerId id;
  private final BiFunction<PeerId, Message, E> inbound;
  private final List<Observation> notes = new ArrayList<>();
  private final List<Object> journal = new ArrayList<>();
  private final Queue<Runnable> missed = new ArrayDeque<>();
  private Consumer<Observation> hearer = notes::add;
  private boolean paused;
  private boolean alive = true;
  private boolean resumable = true;
  private double journalFactor = 1;
  private ToLongFunction<Message> serviceNs = message -> 0;
  private long busyUntilNs;
  private double clockRate = 1;
  private long clockSetNs; // when the clock was set last, and to what
  private long clockReadNs;

  /**
   * @param inbound what event a message of a peer is
   */
  protected Host(World world, PeerId id, BiFunction<PeerId, Message, E> inbound) {
    this.world = world;
    this.id = id;
    this.inbound = inbound;
  }

  public final PeerId id() {
    return id;
  }

  /** From now on every observation is handed to {@code hearer} the moment it is made. */
  public final void heard(Consumer<Observation> hearer) {
    this.hearer = hearer;
  }

  public final List<Observation> notes() {
    return notes;
  }

  /** Nobody will read its journal, which may be long: it is not kept. */
  public final void neverResumed() {
    resumable = false;
  }

  protected final boolean resumable() {
    return resumable;
  }

  protected final void keep(Object entry) {
    if (resumable) {
      journal.add(entry);
    }
  }

  public final List<Object> journal() {
    return journal;
  }

  /** Hands the core one event now, or when it goes on after a pause; never after its end. */
  public final void on(E event) {
    if (running()) {
      handle(event);
    } else {
      miss(() -> handle(event));
    }
  }

  /** As a SIGSTOP or a long garbage collection: what happens meanwhile is handled afterwards. */
  public final void pause() {
    paused = true;
  }

  public final void resume() {
    paused = false;
    while (running() && !missed.isEmpty()) {
      missed.remove().run();
    }
  }

  /** Until an entry is durable takes that many times longer. */
  public final void slowJournal(double factor) {
    journalFactor = factor;
  }

  /** From now on its clock reads {@code stepNs} more and runs {@code rate} times as fast. */
  public final void clock(long stepNs, double rate) {
    clockReadNs = clockNs() + stepNs;
    clockSetNs = world.nowNs();
    clockRate = rate;
  }

  /** What its clock reads. */
  public final long clockNs() {
    return clockReadNs + ownNs(world.nowNs() - clockSetNs);
  }

  /** How long it takes in the world until its clock reads {@code readNs}. */
  public final long untilNs(long readNs) {
    return worldNs(readNs - clockNs());
  }

  private long ownNs(long worldNs) {
    return clockRate == 1 ? worldNs : (long) (worldNs * clockRate);
  }

  /** How long {@code ownNs} of its clock take in the world; never less, so no timer is early. */
  protected final long worldNs(long ownNs) {
    return clockRate == 1 || ownNs <= 0 ? ownNs : 1 + (long) Math.ceil(ownNs / clockRate);
  }

  /** Time until an appended entry is durable. */
  protected final long persistNs() {
    return (long) (PERSIST_NS * journalFactor);
  }

  public final boolean paused() {
    return paused;
  }

  /**
   * Does something with the effects of this process, whether or not it is paused; done when this
   * returns. Not from within its core.
   */
  public abstract void inside(Consumer<Effects<E>> what);

  /** From now on a message takes it that long, and those that come meanwhile wait in line. */
  public final void service(ToLongFunction<Message> nsOf) {
    serviceNs = nsOf;
  }

  final void receive(PeerId from, Message message) {
    long startNs = Math.max(busyUntilNs, world.nowNs());
    busyUntilNs = startNs + serviceNs.applyAsLong(message);
    if (busyUntilNs == world.nowNs()) {
      on(inbound.apply(from, message));
    } else {
      later(busyUntilNs - world.nowNs(), () -> on(inbound.apply(from, message)));
    }
  }

  final void die() {
    alive = false;
    missed.clear();
    ended();
  }

  /** Gives the core an event at once; the process runs. */
  protected abstract void handle(E event);

  /** The process is gone: nothing of it may happen any more. */
  protected abstract void ended();

  protected final World world() {
    return world;
  }

  protected final void traced(E event) {
    world.traced(id, event);
  }

  protected final void note(Observation observation) {
    hearer.accept(observation);
  }

  protected final boolean buggified(Buggify point, long entity) {
    return world.buggifier().take(id, point, entity, clockNs());
  }

  protected final void send(PeerId to, Message message) {
    world.send(id, to, message);
  }

  /** Something of this process: waits while it is paused, vanishes with it. */
  protected final void later(long delayNs, Runnable what) {
    world.after(
        delayNs,
        () -> {
          if (running()) {
            what.run();
          } else {
            miss(what);
          }
        });
  }

  private boolean running() {
    return alive && !paused;
  }

  private void miss(Runnable what) {
    if (alive) {
      missed.add(what);
    }
  }
}
