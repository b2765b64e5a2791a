package dev.muster.master.rendezvous;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who has come to one rendezvous, immutable: a change is a new value. Times are monotonic ns of the
 * caller's clock.
 *
 * @param openedNs when this gathering began; the limit of waiting counts from here
 * @param previous the former group in rank order, empty if there was none; fixes the order of those
 *     that come back
 * @param present the workers that are here
 * @param excluded nodes whose workers do not count before the time given; {@link #FOREVER} for a
 *     blacklisted node
 * @param closedBecause reason, empty while open
 */
public record Arrivals(
    long openedNs,
    List<WorkerId> previous,
    SortedMap<WorkerId, Arrival> present,
    SortedMap<NodeId, Long> excluded,
    String closedBecause) {

  /** End of an exclusion that does not end. */
  public static final long FOREVER = Long.MAX_VALUE;

  /**
   * @param domain set of workers with fast links between them (a host, an NVLink domain)
   */
  public record Arrival(String domain, long atNs) {}

  public Arrivals {
    previous = List.copyOf(previous);
    present = Collections.unmodifiableSortedMap(present);
    excluded = Collections.unmodifiableSortedMap(excluded);
  }

  /** Opens a gathering that continues {@code previous}, the former group in rank order. */
  public static Arrivals open(long nowNs, List<WorkerId> previous) {
    return new Arrivals(nowNs, previous, new TreeMap<>(), new TreeMap<>(), "");
  }

  /** Adds a worker of the domain formed by its node. */
  public Arrivals with(WorkerId worker, long nowNs) {
    return with(worker, worker.node().name(), nowNs);
  }

  /** Adds a worker; a second arrival of the same worker changes nothing. */
  public Arrivals with(WorkerId worker, String domain, long nowNs) {
    if (present.containsKey(worker)) {
      return this;
    }
    var more = new TreeMap<>(present);
    more.put(worker, new Arrival(domain, nowNs));
    return new Arrivals(openedNs, previous, more, excluded, closedBecause);
  }

  public Arrivals without(WorkerId worker) {
    if (!present.containsKey(worker)) {
      return this;
    }
    var fewer = new TreeMap<>(present);
    fewer.remove(worker);
    return new Arrivals(openedNs, previous, fewer, excluded, closedBecause);
  }

  /** Lets no worker of {@code node} count before {@code untilNs}. */
  public Arrivals excluding(NodeId node, long untilNs) {
    var more = new TreeMap<>(excluded);
    more.put(node, untilNs);
    return new Arrivals(openedNs, previous, present, more, closedBecause);
  }

  public Arrivals closed(String reason) {
    return new Arrivals(openedNs, previous, present, excluded, reason);
  }

  public boolean isClosed() {
    return !closedBecause.isEmpty();
  }

  public boolean contains(WorkerId worker) {
    return present.containsKey(worker);
  }

  /**
   * When {@code worker} began or begins to count: its arrival or the end of its node's exclusion,
   * whichever is later.
   */
  long countsFromNs(WorkerId worker) {
    long atNs = present.get(worker).atNs();
    Long untilNs = excluded.get(worker.node());
    return untilNs == null ? atNs : Math.max(atNs, untilNs);
  }

  boolean counts(WorkerId worker, long nowNs) {
    long fromNs = countsFromNs(worker);
    return fromNs != FOREVER && nowNs - fromNs >= 0;
  }
}
