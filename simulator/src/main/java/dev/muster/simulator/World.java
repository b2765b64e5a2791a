package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.RecurringMap;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.message.Message;
import dev.muster.worker.link.LinkLimits;
import java.util.HashMap;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One thread, one event queue, virtual time: hosts the production cores and nothing else. The same
 * seed gives the same events in the same order; {@link #traceHash} proves it.
 */
public final class World {
  private static final long LEAST_DELAY_NS = 50_000;
  private static final long DELAY_SPREAD_NS = 200_000;
  private static final long SILENCE_NS = LinkLimits.DEFAULT.silence().toNanos();

  private final PriorityQueue<Scheduled> queue = new PriorityQueue<>();
  private final HashMap<PeerId, Host<?>> hosts = new HashMap<>(); // looked up, never walked
  private final RecurringMap<PeerId, Link> links = new RecurringMap<>();
  private final TreeSet<PeerId> deaf = new TreeSet<>(); // nothing arrives at them
  private final TreeSet<PeerId> mute = new TreeSet<>(); // nothing arrives from them
  private final TreeMap<PeerId, LinkQuality> impaired = new TreeMap<>();
  private final long seed;
  private final Buggifier buggifier;
  private Consumer<PeerId> silent = peer -> {};
  private long nowNs;
  private long sequence;
  private long events;
  private long traceHash = 0xcbf29ce484222325L;

  public World(long seed) {
    this(seed, Set.of());
  }

  /**
   * @param buggified rare ways that the cores may take
   */
  public World(long seed, Set<Buggify> buggified) {
    this.seed = seed;
    this.buggifier = new Buggifier(seed, buggified);
  }

  /** Both directions between the master and one peer. */
  public final class Link {
    private final PeerId peer;
    private final long up; // draws of delays
    private final long down;
    private final Computed computed;
    private long number; // of connections so far
    private long lastUpNs;
    private long lastDownNs;

    private Link(PeerId peer, Computed computed) {
      this.peer = peer;
      this.up = CounterRandom.of(seed, "delay", pair(peer, PeerId.MASTER));
      this.down = CounterRandom.of(seed, "delay", pair(PeerId.MASTER, peer));
      this.computed = computed;
    }

    private long lastUpNs(long atNs) {
      return Math.max(lastUpNs, computed.lastUpNs(atNs));
    }

    private long lastDownNs(long atNs) {
      return Math.max(lastDownNs, computed.lastDownNs(atNs));
    }

    /** When a message of the peer would arrive that it sent then, after all before it. */
    public long arrivalAtMasterNs(long sentNs) {
      return Math.max(upNs(sentNs), lastUpNs(sentNs) + 1);
    }

    /** When what the peer sends then is at the master, if it waits for nothing. */
    public long upNs(long sentNs) {
      return sentNs + delayNs(up, sentNs) + lateNs(peer, PeerId.MASTER, sentNs);
    }

    /** When what the master sends then is at the peer, if it waits for nothing. */
    public long downNs(long sentNs) {
      return sentNs + delayNs(down, sentNs) + lateNs(PeerId.MASTER, peer, sentNs);
    }

    /** Whether that is so by now, whatever the delay was. */
    public boolean isSurelyUp(long sentNs) {
      return impaired.isEmpty() && sentNs + LEAST_DELAY_NS + DELAY_SPREAD_NS <= nowNs;
    }

    /** Of the last message of the peer that was sent. */
    public long lastArrivalAtMasterNs() {
      return lastUpNs;
    }

    /** What is sent now would wait for something that takes longer than a good link ever does. */
    boolean isLate(long nowNs) {
      return Math.max(lastUpNs, lastDownNs) > nowNs + LEAST_DELAY_NS + DELAY_SPREAD_NS;
    }
  }

  /**
   * Messages of a link that are computed instead of sent: others queue behind them all the same.
   */
  public interface Computed {
    Computed NOTHING = new Computed() {};

    /** Arrival at the master of the last one that has left the peer by then, or less. */
    default long lastUpNs(long atNs) {
      return -1;
    }

    /** Arrival at the peer of the last one that has left the master by then, or less. */
    default long lastDownNs(long atNs) {
      return -1;
    }

    /** Whether a message to the peer need not be sent: what comes of it is computed. */
    default boolean takes(Message message, long arrivalNs) {
      return false;
    }
  }

  /** Call it before anything is sent to or by this peer. */
  public Link link(PeerId peer, Computed computed) {
    var link = new Link(peer, computed);
    links.put(peer, link);
    return link;
  }

  /** Which way nothing passes, seen from the peer. */
  public enum Direction {
    IN,
    OUT,
    BOTH
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

  public Buggifier buggifier() {
    return buggifier;
  }

  /** Hash over time, place and content of every event handled so far. */
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

  /** Nothing is cut, late or lost, nor still on its way from when it was. */
  public boolean isGood(PeerId peer) {
    return !isCut(peer) && !impaired.containsKey(peer) && !link(peer).isLate(nowNs);
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

  /** First in, first out per direction of a link. */
  void send(PeerId from, PeerId to, Message message) {
    boolean up = from != PeerId.MASTER && to.equals(PeerId.MASTER);
    var link = link(up ? from : to);
    long lastNs = up ? link.lastUpNs(nowNs) : link.lastDownNs(nowNs);
    long arrivalNs = Math.max(up ? link.upNs(nowNs) : link.downNs(nowNs), lastNs + 1);
    listen(link, Math.max(nowNs, lastNs), arrivalNs);
    if (up) {
      link.lastUpNs = arrivalNs;
    } else {
      link.lastDownNs = arrivalNs;
    }
    if (up || !link.computed.takes(message, arrivalNs)) {
      carry(link, from, to, message, arrivalNs);
    }
  }

  /** Told of each peer that hears nothing for so long that its client connects anew. */
  public void whenSilent(Consumer<PeerId> listener) {
    silent = listener;
  }

  /** What is late holds up all that comes after it; a lease answers a beat, so either way. */
  private void listen(Link link, long sinceNs, long arrivalNs) {
    if (arrivalNs - sinceNs > SILENCE_NS) {
      long number = link.number;
      after(
          sinceNs + SILENCE_NS - nowNs,
          () -> {
            if (link.number == number && !isCut(link.peer)) {
              silent.accept(link.peer);
            }
          });
    }
  }

  private Link link(PeerId peer) {
    var link = links.get(peer);
    return link == null ? link(peer, Computed.NOTHING) : link;
  }

  private void carry(Link link, PeerId from, PeerId to, Message message, long arrivalNs) {
    long number = link.number;
    after(
        arrivalNs - nowNs,
        () -> {
          if (link.number == number) {
            arrive(from, to, message);
          }
        });
  }

  /** A message that was computed is on its way after all, and arrives then. */
  public void sent(PeerId from, PeerId to, Message message, long arrivalNs) {
    boolean up = to.equals(PeerId.MASTER);
    var link = link(up ? from : to);
    if (up) {
      link.lastUpNs = Math.max(link.lastUpNs, arrivalNs);
    } else {
      link.lastDownNs = Math.max(link.lastDownNs, arrivalNs);
    }
    carry(link, from, to, message, arrivalNs);
  }

  /** The peer connects anew: what is still on the way over its former link is lost with it. */
  public void relink(PeerId peer) {
    var link = link(peer);
    link.number++;
    link.lastUpNs = nowNs;
    link.lastDownNs = nowNs;
  }

  /**
   * What a message takes that is sent at {@code atNs} over a good link: 50 to 250 µs. Drawn by
   * time, not by count: messages that are computed instead of sent shift no other.
   */
  private static long delayNs(long draws, long atNs) {
    return LEAST_DELAY_NS + Math.floorMod(CounterRandom.at(draws, atNs), DELAY_SPREAD_NS);
  }

  /** How much longer over a link that is worse. */
  private long lateNs(PeerId from, PeerId to, long atNs) {
    if (impaired.isEmpty()) {
      return 0;
    }
    long pair = pair(from, to);
    return impaired.getOrDefault(from, LinkQuality.GOOD).lateNs(seed, pair, atNs)
        + impaired.getOrDefault(to, LinkQuality.GOOD).lateNs(seed, pair, atNs);
  }

  private static long pair(PeerId from, PeerId to) {
    return from.hashCode() * 31L + to.hashCode();
  }

  /** Now, if it can be heard. */
  public void arrive(PeerId from, PeerId to, Message message) {
    var host = hosts.get(to);
    if (host != null && !mute.contains(from) && !deaf.contains(to)) {
      host.receive(from, message);
    }
  }

  void traced(PeerId who, Object event) {
    events++;
    traceHash = TraceDigest.chain(traceHash, nowNs, who.hashCode(), TraceDigest.of(event));
  }

  /** Events that cores have handled so far. */
  public long events() {
    return events;
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
