package dev.muster.collectives.hosts;

import java.util.Arrays;

/**
 * What one host knows of the votes of all hosts. A step is committed once every host has voted for
 * it; a host that has closed its vote never votes again. Votes only grow, so everything known stays
 * true. Pure; one thread at a time.
 *
 * <p>After this host has closed, it takes no more votes but those in the other hosts' statements:
 * then hosts that have heard the same statements come to the same outcome.
 */
final class Ballot {
  enum Outcome {
    PENDING,
    /** Every host has voted: no host will ever say otherwise. */
    COMMITTED,
    /** A host has closed before it voted: no host can ever commit it. */
    ABORTED,
    /** A host is lost whose vote nobody here knows: it may have committed. */
    IN_DOUBT
  }

  /**
   * What a host says when it ends: its own and the others' votes as it knows them, and who has
   * closed.
   */
  record Statement(long[] votes, boolean[] closed) {}

  private final int self;
  private final long[] votes;
  private final boolean[] closed;
  private final boolean[] stated;
  private final boolean[] lost;

  Ballot(int hosts, int self, long startStep) {
    this.self = self;
    this.votes = new long[hosts];
    Arrays.fill(votes, startStep);
    this.closed = new boolean[hosts];
    this.stated = new boolean[hosts];
    this.lost = new boolean[hosts];
  }

  void voted(int host, long step) {
    if (!closed[self]) {
      votes[host] = Math.max(votes[host], step);
    }
  }

  /** This host votes no more. */
  void close(long lastVote) {
    votes[self] = Math.max(votes[self], lastVote);
    closed[self] = true;
  }

  boolean closed() {
    return closed[self];
  }

  Statement statement() {
    return new Statement(votes.clone(), closed.clone());
  }

  void stated(int host, Statement statement) {
    for (int each = 0; each < votes.length; each++) {
      votes[each] = Math.max(votes[each], statement.votes()[each]);
      closed[each] |= each != self && statement.closed()[each];
    }
    stated[host] = true;
  }

  /** Nothing more will come from it. */
  void lost(int host) {
    lost[host] = true;
  }

  boolean gone(int host) {
    return stated[host] || lost[host];
  }

  Outcome outcome(long step) {
    boolean all = true;
    boolean heard = true;
    for (int host = 0; host < votes.length; host++) {
      if (votes[host] < step && closed[host]) {
        return Outcome.ABORTED;
      }
      all &= votes[host] >= step;
      heard &= host == self || gone(host);
    }
    return all ? Outcome.COMMITTED : heard && closed() ? Outcome.IN_DOUBT : Outcome.PENDING;
  }

  @Override
  public String toString() {
    return "votes=%s closed=%s lost=%s"
        .formatted(Arrays.toString(votes), Arrays.toString(closed), Arrays.toString(lost));
  }
}
