package dev.muster.master.rendezvous;

import dev.muster.protocol.WorkerId;
import java.util.List;
import java.util.OptionalLong;

/**
 * Who has come to a gathering, as far as the rule of {@link Rendezvous} has to know: numbers and
 * times, for one policy. Only when a group is formed is anybody named.
 */
public interface Turnout {
  /** When the gathering began. */
  long openedNs();

  /** Workers that are here, also those that do not count yet. */
  int present();

  /** How many of them the policy would take now. */
  int usable();

  /** The largest group the policy allows. */
  int capacity();

  /** When those that count now first were enough for the minimum; empty if they are not. */
  OptionalLong enoughSinceNs();

  /** The {@link #usable} workers of the group that would be formed now, in rank order. */
  List<WorkerId> group();

  /** Members of the former group, whose return the rejoin gate waits for. */
  default int formerMembers() {
    return 0;
  }

  default boolean allFormerMembersBack() {
    return false;
  }

  /** Workers that are here and do not count. */
  default int excluded() {
    return 0;
  }

  /** Time until the next excluded worker begins to count; {@link Long#MAX_VALUE} for never. */
  default long nextReturnNs() {
    return Long.MAX_VALUE;
  }
}
