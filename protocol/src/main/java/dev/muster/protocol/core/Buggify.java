package dev.muster.protocol.core;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Places in the cores where a simulation may take a way that production takes rarely: everything
 * behind them is legal, so nothing may break. FoundationDB's idea and name (Zhou and others, 2021:
 * 4.2). Whatever a point puts off, it puts off by more than nothing, or time would stand still.
 */
public enum Buggify {
  /** The master sends an order twice, as after a link that may have lost it. */
  ORDER_TWICE,
  /** The master ends a group again that nobody is in any more. */
  REVOKE_AGAIN,
  /** Nodes are told to form the group that they have just joined. */
  FORM_AGAIN,
  /** What the master waits for is looked at long before the time is over. */
  WAIT_EARLY,
  /** Acknowledgements of a revoke are waited for an eighth of the time. */
  ACKNOWLEDGEMENTS_OVERDUE_EARLY,
  /** A worker is given an eighth of the time to become ready. */
  START_OVERDUE_EARLY,
  /** That a node is silent is acted upon a beat later; it may have come back. */
  SILENCE_TOLD_LATE,
  /** The master hears late that its journal holds a decision. */
  DURABLE_LATE,
  /** A group in which nothing is wrong is ended and formed again. */
  REGROUP_NEEDLESS,
  /** Newcomers are taken from where they are worst placed. */
  SPARES_BADLY_PLACED,
  /** The first workers all start on the nodes that came first. */
  CROWDED_START,
  /** A worker that is missing is started a moment later. */
  LAUNCH_LATE,
  /** The master closes the link to a node that has just registered. */
  LINK_DROPPED,
  /** An agent tells something twice. */
  REPORT_TWICE,
  /** An agent tells again how far its members have come with a group. */
  MILESTONES_AGAIN,
  /** An agent takes its lease for shorter than it is. */
  LEASE_SHORT,
  /**
   * A group ends while the votes for its last step are on their way: a machine does not know
   * whether it was committed, and its members go on without it.
   */
  STEP_IN_DOUBT;

  /** As it is written: {@code order-twice}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public static Optional<Buggify> of(String text) {
    return Arrays.stream(values()).filter(point -> point.text().equals(text)).findFirst();
  }
}
