package dev.muster.protocol.job;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where values come from, strongest first: command line, later files, earlier files, the reference.
 */
final class Sources {
  private static final String COMMAND_LINE = "command line";

  private final List<Problem> problems;

  /**
   * @param problems receives what cannot even be parsed
   */
  Sources(List<Problem> problems) {
    this.problems = problems;
  }

  /** Defaults of every key; other libraries keep theirs in resources of the same name. */
  static Config reference() {
    return ConfigFactory.parseResources(Sources.class.getClassLoader(), "reference.conf")
        .withOnlyPath("muster");
  }

  /** What the user wrote, unresolved. */
  Config user(List<Path> files, Map<String, String> overrides) {
    var user = ConfigFactory.empty();
    for (var file : files) {
      user = file(file).withFallback(user);
    }
    for (var override : overrides.entrySet()) {
      user = override(override.getKey(), override.getValue()).withFallback(user);
    }
    return user;
  }

  private Config file(Path file) {
    try {
      return ConfigFactory.parseFile(
          file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
    } catch (ConfigException e) {
      var origin = e.origin() == null ? file.toString() : origin(e.origin());
      problems.add(new Problem(origin, "", "", "cannot be read: " + reason(e)));
      return ConfigFactory.empty();
    }
  }

  private Config override(String key, String value) {
    try {
      if (!ConfigUtil.splitPath(key).getFirst().equals("muster")) {
        problems.add(new Problem(COMMAND_LINE, key, value, Keys.unknown(key)));
        return ConfigFactory.empty();
      }
      return parse(key, value).atPath(key);
    } catch (ConfigException e) {
      problems.add(new Problem(COMMAND_LINE, key, value, "cannot be read: " + reason(e)));
      return ConfigFactory.empty();
    }
  }

  /** Lists and sections in HOCON; all else is taken as it stands. */
  private static ConfigValue parse(String key, String value) {
    if (Keys.structured(key) && (value.startsWith("[") || value.startsWith("{"))) {
      var options = ConfigParseOptions.defaults().setOriginDescription(COMMAND_LINE);
      return ConfigFactory.parseString("v = " + value, options).getValue("v");
    }
    return ConfigValueFactory.fromAnyRef(value, COMMAND_LINE);
  }

  /**
   * What the user wrote and the same over the reference, both with {@code ${…}} replaced. A
   * reference to nothing is a problem and leaves the defaults, so that it is the only one told.
   */
  record Resolved(Config user, Config all) {}

  Resolved resolve(Config user) {
    try {
      var all = user.withFallback(reference()).resolve();
      return new Resolved(user.resolveWith(all), all);
    } catch (ConfigException e) {
      var origin = e.origin() == null ? "configuration" : origin(e.origin());
      problems.add(new Problem(origin, "", "", "cannot be resolved: " + reason(e)));
      return new Resolved(ConfigFactory.empty(), reference().resolve());
    }
  }

  static String origin(ConfigOrigin origin) {
    if (origin.filename() == null) {
      return origin.description().startsWith(COMMAND_LINE) ? COMMAND_LINE : origin.description();
    }
    return origin.lineNumber() < 1
        ? origin.filename()
        : origin.filename() + ":" + origin.lineNumber();
  }

  /** Without the origin that the library puts in front. */
  private static String reason(ConfigException e) {
    var text = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    var prefix = e.origin() == null ? "" : e.origin().description() + ": ";
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  static String path(String prefix, String element) {
    var quoted = ConfigUtil.joinPath(element);
    return prefix.isEmpty() ? quoted : prefix + "." + quoted;
  }
}
