package dev.muster.cli;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import dev.muster.cli.process.JavaCommand;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.job.Settings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The effective job as it goes into {@code job.conf}: flags over the user's file over the defaults.
 *
 * @param shipped whether it trains a model of ours, because nobody named a command
 */
record JobFile(Settings settings, boolean shipped) {
  private static final String SPARES = "muster.job.spares";
  private static final String DECAY_STEPS = "muster.worker.settings.decay-steps";
  private static final String COMMAND = "muster.worker.command";
  private static final String TRAINER = "dev.muster.trainer.Main";

  /**
   * @param file null for none
   * @param overrides keys of the configuration from the command line
   * @throws UserError all that is wrong, at once
   */
  static JobFile of(Path file, Map<String, String> overrides) {
    try {
      var files = file == null ? List.<Path>of() : List.of(file);
      var said = JobSpecReader.read(files, overrides);
      if (!said.job().worker().managed() || !said.job().worker().command().isEmpty()) {
        return new JobFile(said, false);
      }
      var shipped = new LinkedHashMap<>(overrides);
      shipped.put(COMMAND, JobSpecReader.list(JavaCommand.trainer(TRAINER)));
      if (!names(file, SPARES)) {
        shipped.putIfAbsent(
            SPARES, "1"); // libraries load for seconds: a warm spare is worth its memory
      }
      if (!names(file, DECAY_STEPS)) {
        shipped.putIfAbsent(
            DECAY_STEPS, Long.toString(said.job().steps())); // the learning rate ends with the run
      }
      return new JobFile(JobSpecReader.read(files, shipped), true);
    } catch (JobSpecException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  /** The job of a run that was started before. */
  static JobFile read(Path file) {
    return of(file, Map.of());
  }

  private static boolean names(Path file, String key) {
    try {
      return file != null
          && ConfigFactory.parseFile(file.toFile())
              .resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true))
              .hasPath(key);
    } catch (ConfigException.NotResolved substituted) {
      return true;
    }
  }

  JobSpec spec() {
    return settings.job();
  }

  String text() {
    return JobSpecReader.render(settings);
  }
}
