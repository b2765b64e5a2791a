package dev.muster.protocol.job;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** What keys a configuration file spells out. */
final class ConfigFiles {
  private ConfigFiles() {}

  static List<String> known() {
    return Keys.ALL.stream().map(Key::path).sorted().toList();
  }

  static List<String> paths(Path file) {
    return paths(ConfigFactory.parseFile(file.toFile()));
  }

  static List<String> paths(Config config) {
    var paths = new ArrayList<String>();
    walk("", config.root(), (path, value) -> paths.add(path));
    return paths.stream().sorted().toList();
  }

  static List<String> uncommented(Config config) {
    var paths = new ArrayList<String>();
    walk(
        "",
        config.root(),
        (path, value) -> {
          if (value.origin().comments().isEmpty()) {
            paths.add(path);
          }
        });
    return paths;
  }

  private static void walk(
      String prefix, ConfigObject section, BiConsumer<String, ConfigValue> visit) {
    section.forEach((name, value) -> {
      var path = Sources.path(prefix, name);
      if (value instanceof ConfigObject below && Keys.find(path).isEmpty()) {
        walk(path, below, visit);
      } else {
        visit.accept(path, value);
      }
    });
  }
}
