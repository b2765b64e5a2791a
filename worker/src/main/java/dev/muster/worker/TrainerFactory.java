package dev.muster.worker;

import java.util.Map;

/** Builds the trainer once per process, before it joins its first group. */
@FunctionalInterface
public interface TrainerFactory {
  /**
   * @param settings of {@code worker.settings} in the job, strings
   * @throws Exception reported as a user error with its stack trace
   */
  Trainer create(Map<String, String> settings, long seed) throws Exception;
}
