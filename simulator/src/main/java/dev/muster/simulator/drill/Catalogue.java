package dev.muster.simulator.drill;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import dev.muster.simulator.hocon.DrillException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The drills that come with the simulator. */
public final class Catalogue {
  private static final List<String> NAMES =
      List.of(
          "crashes",
          "nodes",
          "control-plane",
          "hangs",
          "rack-power",
          "switch-loss",
          "swizzle",
          "swizzle-wide",
          "one-way",
          "bad-network",
          "clocks",
          "fail-slow",
          "lemon",
          "spare-exhaustion",
          "maintenance",
          "reboot-storm",
          "blow-on-blow",
          "master-trouble",
          "liveness",
          "overload",
          "llama3-54d",
          "hundred-thousand",
          "local-crashes");

  private Catalogue() {}

  public static List<String> names() {
    return NAMES;
  }

  /** The file of a drill, comments included. */
  public static String text(String name) {
    var resource = "/dev/muster/simulator/drills/" + name + ".conf";
    try (var in = Catalogue.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DrillException("no such drill: name=" + name + "; there are " + NAMES);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Config config(String resource) {
    try (var in = Catalogue.class.getResourceAsStream(resource);
        var reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return ConfigFactory.parseReader(
          reader, ConfigParseOptions.defaults().setOriginDescription("the defaults"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Drill drill(String name) {
    return DrillReader.parse(text(name), name);
  }
}
