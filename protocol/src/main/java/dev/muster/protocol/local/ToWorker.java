package dev.muster.protocol.local;

import java.util.List;
import java.util.Map;

/** What an agent tells a worker process over the Unix socket; see docs/worker-protocol.md. */
public sealed interface ToWorker extends LocalMessage {

  /**
   * Answer to hello.
   *
   * @param controlPage path of this worker's {@link ControlPage}
   * @param segmentDirectory where groups of this host keep their shared memory
   * @param sampleLog path of the file this worker appends its delivered samples to
   */
  record Welcome(
      int version,
      String run,
      String controlPage,
      String segmentDirectory,
      String sampleLog,
      long seed,
      long steps,
      long sharedBytesPerRank,
      Map<String, String> settings)
      implements ToWorker {}

  /** Enter a group; see {@code ToAgent.Form}. Supersedes any older one. */
  record Form(
      long generation,
      int rank,
      int worldSize,
      int localRank,
      long startStep,
      int sourceRank,
      List<Integer> needState)
      implements ToWorker {}

  /**
   * The generation is over (its group is already revoked in shared memory); unwind and answer
   * {@code left}.
   */
  record Revoke(long generation, String reason) implements ToWorker {}

  /** Leave at the next step boundary and exit with 0. */
  record Stop(String reason) implements ToWorker {}
}
