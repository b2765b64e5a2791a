package dev.muster.simulator.hardware;

import dev.muster.simulator.hocon.DrillException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The hardware profiles that come with the simulator, and those of a user's file. */
public final class Profiles {
  private static final List<String> NAMES =
      List.of("h100-2024", "llama3-h100", "a100-rsc1", "a100-rsc2", "h100-100k", "dlrover-a100");

  private Profiles() {}

  public static List<String> names() {
    return NAMES;
  }

  /**
   * @param name of a profile, a file, or {@code none}
   * @throws DrillException there is no such profile, or it is wrong
   */
  public static Optional<Profile> find(String name) {
    if (name.equals("none")) {
      return Optional.empty();
    }
    return Optional.of(ProfileReader.read(text(name), name));
  }

  /** The file of a profile, comments included. */
  public static String text(String name) {
    try (var in =
        Profiles.class.getResourceAsStream("/dev/muster/simulator/hardware/" + name + ".conf")) {
      if (in != null) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (name.endsWith(".conf") && Files.isRegularFile(Path.of(name))) {
        return Files.readString(Path.of(name));
      }
      throw new DrillException(
          "no such hardware profile: profile="
              + name
              + "; there are "
              + NAMES
              + ", none, and files");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
