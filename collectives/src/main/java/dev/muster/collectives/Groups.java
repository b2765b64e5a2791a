package dev.muster.collectives;

import java.nio.file.Path;

/** Makes handles to groups of one host. */
public interface Groups {
  /**
   * What identifies a group and sizes it; equal on all ranks but for {@code rank}.
   *
   * @param directory where segments live, usually below /dev/shm, mode 0700
   * @param startStep last committed step before this generation
   * @param bytesPerRank upper bound of what a rank may allocate
   */
  record Spec(
      Path directory,
      String group,
      long generation,
      int worldSize,
      long startStep,
      long bytesPerRank) {}

  /**
   * Joins as {@code rank}; returns when all ranks have joined.
   *
   * @throws GroupRevokedException the generation ended before
   */
  Communicator join(Spec spec, int rank);

  GroupMonitor monitor(Spec spec);

  /** The same groups without flight recorders: for groups that are parts of another one. */
  default Groups unrecorded() {
    return this;
  }

  /**
   * Revokes every older generation of the group that this host still knows, whoever opened it:
   * nothing commits in one of them after this returns. For the owner of a new generation, who may
   * not hear from those that made the older ones.
   */
  void revokeOlder(Spec spec, String reason);

  /**
   * Removes the files of a group that is over; ranks that still map them keep their memory until
   * they close.
   */
  void remove(Spec spec);
}
