package dev.muster.cli;

import dev.muster.trainer.ReferenceTrainers;
import dev.muster.trainer.settings.InvalidSettingException;

/**
 * What a run will work on, in words, and what it takes.
 *
 * @param sharedBytesPerRank least that a rank allocates in shared memory
 */
record Workload(String model, String data, long sharedBytesPerRank) {
  private static final long CONTROL_BYTES = 1L << 20;

  /**
   * @throws UserError a setting or the data of the shipped trainer cannot be used
   */
  static Workload of(JobFile job) {
    if (!job.shipped()) {
      return new Workload(
          String.join(" ", job.spec().worker().command()), "the command's own", CONTROL_BYTES);
    }
    try {
      var shipped = ReferenceTrainers.describe(job.spec().worker().settings());
      return new Workload(
          shipped.model(), shipped.data(), CONTROL_BYTES + shipped.sharedBytesPerRank());
    } catch (InvalidSettingException e) {
      throw UserError.usage(e.getMessage());
    }
  }
}
