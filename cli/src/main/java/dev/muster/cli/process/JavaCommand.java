package dev.muster.cli.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Command lines that start this same program again: its own JDK, its own class path (or that of the
 * property {@code muster.class.path}), and the classes that {@code scripts/archive.sh} kept beside
 * the jar, if it did.
 */
public final class JavaCommand {
  /** What Agrona, Pekko and native access need on JDK 25. */
  private static final List<String> FLAGS =
      List.of(
          "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC");

  private JavaCommand() {}

  /** A master or an agent: lives long, is small, starts fast. */
  public static List<String> service(String... arguments) {
    var command = java("-XX:TieredStopAtLevel=1", "-Xmx256m", "-Dmuster.log.level=INFO");
    command.add("dev.muster.cli.MusterCommand");
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * A worker that trains: full compiler, and the Vector API without its warning on every console.
   */
  public static List<String> trainer(String mainClass) {
    var command = java("--add-modules=jdk.incubator.vector", "-Xmx512m");
    command.add(mainClass);
    return command;
  }

  /** The other process of a measurement. */
  public static List<String> bench(String mainClass, String... arguments) {
    var command = java("-Xmx512m");
    command.add(mainClass);
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts, shows its version and ends: whether this JVM takes the flags. */
  public static List<String> probe() {
    var command = java("--add-modules=jdk.incubator.vector", "-Xmx32m");
    command.add("-version");
    return command;
  }

  private static List<String> java(String... flags) {
    var classPath = System.getProperty("muster.class.path", System.getProperty("java.class.path"));
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(List.of(flags));
    command.addAll(archive(classPath));
    command.add("-cp");
    command.add(classPath);
    return command;
  }

  /** A JVM that cannot use the archive (another JDK, another host) starts slower, in silence. */
  static List<String> archive(String classPath) {
    var archive = Path.of(classPath.split(File.pathSeparator)[0]).resolveSibling("muster.jsa");
    return Files.exists(archive)
        ? List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:aot=off,cds=off")
        : List.of();
  }
}
