package dev.muster.collectives.hosts;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;

/**
 * The decisions of one host, each the decision word of a group in its shared memory: of the data
 * group, whose revoke wakes all ranks; of the votes, how far this host has voted; of the outcome,
 * what it knows to be committed. Any thread.
 */
final class Words implements AutoCloseable {
  static final int NAME_MAX = 56;

  /** The same group of ranks, thrice: for data, for their votes, and of the leader alone. */
  record Specs(Groups.Spec data, Groups.Spec votes, Groups.Spec outcome) {
    static Specs of(Groups.Spec spec, int localSize) {
      if (spec.group().length() > NAME_MAX) {
        throw new IllegalArgumentException(
            "group name too long: max=" + NAME_MAX + " group=" + spec.group());
      }
      return new Specs(
          named(spec, spec.group(), localSize, spec.bytesPerRank()),
          named(spec, spec.group() + ".votes", localSize, 0),
          named(spec, spec.group() + ".outcome", 1, 0));
    }

    private static Groups.Spec named(Groups.Spec spec, String name, int worldSize, long bytes) {
      return new Groups.Spec(
          spec.directory(), name, spec.generation(), worldSize, spec.startStep(), bytes);
    }
  }

  private final GroupMonitor data;
  private final GroupMonitor votes;
  private final GroupMonitor outcome;

  Words(Groups local, Specs specs) {
    this.data = local.monitor(specs.data());
    this.votes = local.monitor(specs.votes());
    this.outcome = local.monitor(specs.outcome());
  }

  /** Whether somebody on this host has ended the group. */
  boolean revoked() {
    return data.revoked();
  }

  long committedStep() {
    return outcome.committedStep();
  }

  /** The last step that other hosts may have committed with this host's vote. */
  long votedStep() {
    return votes.committedStep();
  }

  boolean over() {
    return outcome.revoked();
  }

  /**
   * Wakes the ranks, and ends the votes.
   *
   * @return the last step that this host has voted for, and ever will
   */
  long closeVotes(String reason) {
    data.revoke(reason);
    return votes.revoke(reason);
  }

  /** Nothing commits on this host after this returns. */
  long end(String reason) {
    return outcome.revoke(reason);
  }

  long arrivals(int local) {
    return data.arrivals()[local] + votes.arrivals()[local];
  }

  String reason() {
    return data.reason();
  }

  @Override
  public void close() {
    data.close();
    votes.close();
    outcome.close();
  }
}
