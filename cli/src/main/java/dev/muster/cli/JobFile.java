package dev.muster.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The effective job as it goes into {@code job.conf}: flags over the user's file.
 *
 * @param config resolved
 */
record JobFile(Config config) {
  /**
   * @param file null for none
   * @param overrides keys of the configuration from the command line
   * @throws UserError the file cannot be read or a value is wrong; all errors at once
   */
  static JobFile of(Path file, Map<String, Object> overrides) {
    try {
      var flags = ConfigFactory.parseMap(overrides, "command line");
      return new JobFile(flags.withFallback(file == null ? ConfigFactory.empty() : parsed(file)).resolve());
    } catch (ConfigException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  static JobFile read(Path file) {
    return of(file, Map.of());
  }

  private static Config parsed(Path file) {
    if (!Files.isReadable(file)) {
      throw UserError.usage("cannot read the configuration: file=" + file);
    }
    return ConfigFactory.parseFile(file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
  }

  int workers() {
    return config.hasPath("muster.job.workers") ? config.getInt("muster.job.workers") : 4;
  }

  int spares() {
    return config.hasPath("muster.job.spares") ? config.getInt("muster.job.spares") : 0;
  }

  /** What the ranks may allocate in shared memory, all together. */
  long sharedBytes() {
    var key = "muster.worker.shared-bytes-per-rank";
    return config.hasPath(key) ? config.getBytes(key) * (workers() + spares()) : 0;
  }

  boolean managed() {
    return config.getBoolean("muster.worker.managed");
  }

  /** What the header calls the model. */
  String model(boolean shipped) {
    if (!shipped) {
      return String.join(" ", config.getStringList("muster.worker.command"));
    }
    return config.hasPath("muster.worker.settings.model") ? config.getString("muster.worker.settings.model") : "gpt";
  }

  String text() {
    return config.root().render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }
}
