package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.message.Message;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One thread, one event queue, virtual time: hosts the production cores and nothing else. The same
 * seed gives the same events in the same order; {@link #traceHash} proves it.
 */
public final class World {
  private final PriorityQueue<Scheduled> queue = new PriorityQueue<>();
  private final TreeMap<PeerId, Host<?>> hosts = new TreeMap<>();
  private final TreeMap<String, Link> links = new TreeMap<>();
  private final TreeSet<PeerId> deaf = new TreeSet<>(); // nothing arrives at them
  private final TreeSet<PeerId> mute = new TreeSet<>(); // nothing arrives from them
  private final TreeMap<PeerId, LinkQuality> impaired = new TreeMap<>();
  private final long seed;
  private long nowNs;
  private long sequence;
  private long traceHash = 0xcbf29ce484222325L;

  public World(long seed) {
    this.seed = seed;
  }

  /** What went from one peer to another so far. */
  private static final class Link {
    long messages;
    long lastArrivalNs;
  }

  private record Scheduled(long atNs, long tie, Runnable action) implements Comparable<Scheduled> {
    @Override
    public int compareTo(Scheduled other) {
      return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(tie, other.tie);
    }
  }

  public long nowNs() {
    return nowNs;
  }

  public long seed() {
    return seed;
  }

  /** Hash over time and text of every event handled so far. */
  public long traceHash() {
    return traceHash;
  }

  public void add(Host<?> host) {
    hosts.put(host.id(), host);
  }

  /** The process behind {@code id} is gone: its timers and messages to it vanish. */
  public void remove(PeerId id) {
    var gone = hosts.remove(id);
    if (gone != null) {
      gone.die();
    }
  }

  public void after(long delayNs, Runnable action) {
    queue.add(new Scheduled(nowNs + Math.max(0, delayNs), sequence++, action));
  }

  /** Which way nothing passes, seen from the peer. */
  public enum Direction {
    IN,
    OUT,
    BOTH
  }

  /** From now on nothing that this peer sends or is sent arrives, until {@link #heal}. */
  public void cut(PeerId peer) {
    cut(peer, Direction.BOTH);
  }

  public void cut(PeerId peer, Direction direction) {
    if (direction != Direction.OUT) {
      deaf.add(peer);
    }
    if (direction != Direction.IN) {
      mute.add(peer);
    }
  }

  public void heal(PeerId peer) {
    deaf.remove(peer);
    mute.remove(peer);
  }

  /** In one direction at least. */
  public boolean isCut(PeerId peer) {
    return deaf.contains(peer) || mute.contains(peer);
  }

  /** From now on the network of this peer is like that, in both directions. */
  public void impair(PeerId peer, LinkQuality quality) {
    if (quality.equals(LinkQuality.GOOD)) {
      impaired.remove(peer);
    } else {
      impaired.put(peer, quality);
    }
  }

  /** First in, first out per pair of peers; 50 to 250 µs on the way. */
  void send(PeerId from, PeerId to, Message message) {
    String pair = from + ">" + to;
    var link = links.computeIfAbsent(pair, p -> new Link());
    long index = link.messages++;
    long draw = CounterRandom.mix(seed, pair, 0, index);
    long travelNs = 50_000 + Math.floorMod(draw, 200_000L) + lateNs(from, to, pair, index);
    long arrivalNs = Math.max(nowNs + travelNs, link.lastArrivalNs + 1);
    link.lastArrivalNs = arrivalNs;
    after(arrivalNs - nowNs, () -> deliver(from, to, message));
  }

  private long lateNs(PeerId from, PeerId to, String pair, long index) {
    if (impaired.isEmpty()) {
      return 0;
    }
    return impaired.getOrDefault(from, LinkQuality.GOOD).lateNs(seed, pair, index)
        + impaired.getOrDefault(to, LinkQuality.GOOD).lateNs(seed, pair, index);
  }

  private void deliver(PeerId from, PeerId to, Message message) {
    var host = hosts.get(to);
    if (host != null && !mute.contains(from) && !deaf.contains(to)) {
      host.receive(from, message);
    }
  }

  void traced(PeerId who, Object event) {
    String text = nowNs + " " + who + " " + event;
    for (int i = 0; i < text.length(); i++) {
      traceHash = (traceHash ^ text.charAt(i)) * 0x100000001b3L;
    }
  }

  /** Runs events until {@code untilNs} of virtual time. */
  public void runUntil(long untilNs) {
    while (!queue.isEmpty() && queue.peek().atNs() <= untilNs) {
      var next = queue.poll();
      nowNs = next.atNs();
      next.action().run();
    }
    nowNs = Math.max(nowNs, untilNs);
  }

  /** Runs until {@code done} or until {@code limitNs} of virtual time; says which. */
  public boolean runUntil(java.util.function.BooleanSupplier done, long limitNs) {
    while (!done.getAsBoolean() && !queue.isEmpty() && queue.peek().atNs() <= limitNs) {
      var next = queue.poll();
      nowNs = next.atNs();
      next.action().run();
    }
    return done.getAsBoolean();
  }
}
