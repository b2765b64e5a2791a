package dev.muster.collectives.hosts;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import dev.muster.collectives.shared.FlightReaders;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A look at one host's part of a group, from outside. A revoke here reaches the other hosts through
 * the leader.
 */
public final class HostMonitor implements GroupMonitor {
  private static final long POLL_NS = 100_000;
  private static final long NOT_YET = Long.MIN_VALUE;

  private final Words words;
  private final Placement.Host host;
  private final int worldSize;
  private final Arena arena = Arena.ofShared();
  private final FlightReaders recorders; // guarded by this
  private final Limits limits;
  private boolean closed;
  private long doubtEndNs = NOT_YET; // guarded by this

  HostMonitor(Words words, Placement.Host host, Groups.Spec spec, Limits limits) {
    this.words = words;
    this.host = host;
    this.worldSize = spec.worldSize();
    this.recorders = new FlightReaders(spec, arena);
    this.limits = limits;
  }

  /**
   * Ends the group on this host, and asks the others to. When this host has voted for a step and
   * does not know the other votes, waits for them, at most {@link Limits#doubt}.
   *
   * @return the last step committed on this host: its ranks hold, or will apply, exactly this
   *     state. If {@link #votedStep} is larger, other hosts may have committed that one
   *     (indefinite)
   */
  @Override
  public long revoke(String reason) {
    var end = tryRevoke(reason);
    while (end.isEmpty()) {
      LockSupport.parkNanos(POLL_NS);
      end = tryRevoke(reason);
    }
    return end.get().committedStep();
  }

  @Override
  public synchronized Optional<End> tryRevoke(String reason) {
    long nowNs = System.nanoTime();
    if (doubtEndNs == NOT_YET) {
      doubtEndNs = nowNs + limits.doubt().toNanos();
    }
    long voted = words.closeVotes(reason);
    if (words.committedStep() < voted && !words.over() && nowNs - doubtEndNs < 0) {
      return Optional.empty();
    }
    long committed = words.end(reason);
    return Optional.of(new End(committed, committed < voted));
  }

  @Override
  public boolean revoked() {
    return words.revoked();
  }

  @Override
  public long committedStep() {
    return words.committedStep();
  }

  /**
   * The last step this host has voted for: no host commits a later one. Equal to {@link
   * #committedStep} after a revoke: nothing newer is committed anywhere (definite).
   */
  public long votedStep() {
    return words.votedStep();
  }

  /** Of ranks of other hosts -1: this host does not know. */
  @Override
  public long[] arrivals() {
    long[] arrivals = new long[worldSize];
    Arrays.fill(arrivals, -1);
    for (int local = 0; local < host.ranks().size(); local++) {
      arrivals[host.ranks().get(local)] = words.arrivals(local);
    }
    return arrivals;
  }

  @Override
  public String reason() {
    return words.reason();
  }

  /** Of ranks of other hosts as their leader told last. */
  @Override
  public synchronized List<Standing> standings() {
    return closed
        ? List.of()
        : recorders.standings().stream()
            .map(s -> s.known() || host.ranks().contains(s.rank()) ? s : Standing.unheard(s.rank()))
            .toList();
  }

  /** Of the ranks of this host. */
  @Override
  public synchronized List<Recording> recordings(int last) {
    return closed ? List.of() : recorders.recordings(last);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      words.close();
      arena.close();
    }
  }
}
