package dev.muster.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Runs the benchmarks of this module. Arguments are JMH's own (for example {@code QuorumBenchmark
 * -f 1 -i 3 -wi 3}); {@code --results DIR} before them also writes {@code
 * DIR/jmh_<hardware>_<date>.txt}.
 */
public final class Benchmarks {
  private Benchmarks() {}

  public static void main(String[] args)
      throws IOException, RunnerException, CommandLineOptionException {
    List<String> rest = new ArrayList<>(List.of(args));
    Path folder = results(rest);
    var options = new CommandLineOptions(rest.toArray(String[]::new));
    if (options.shouldHelp()) {
      options.showHelp();
      return;
    }
    Collection<RunResult> results = new Runner(options).run();
    if (folder != null) {
      System.out.println("results written: file=" + write(results, folder));
    }
  }

  /** Takes {@code --results DIR} out of the arguments; null if it is not there. */
  private static Path results(List<String> args) {
    if (args.isEmpty() || !args.getFirst().equals("--results")) {
      return null;
    }
    if (args.size() < 2) {
      throw new IllegalArgumentException("--results needs a folder");
    }
    args.removeFirst();
    return Path.of(args.removeFirst());
  }

  private static Path write(Collection<RunResult> results, Path folder) throws IOException {
    Files.createDirectories(folder);
    String hardware = hardware();
    Path file = folder.resolve("jmh_" + slug(hardware) + "_" + LocalDate.now() + ".txt");
    try (var out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
      out.println("hardware: " + hardware);
      out.println(
          "jvm: "
              + System.getProperty("java.vm.name")
              + " "
              + System.getProperty("java.vm.version"));
      out.println("load average when done: " + load());
      out.println();
      ResultFormatFactory.getInstance(ResultFormatType.TEXT, out).writeOut(results);
    }
    return file;
  }

  private static String hardware() throws IOException {
    Path cpuinfo = Path.of("/proc/cpuinfo");
    String model = System.getProperty("os.arch");
    if (Files.isReadable(cpuinfo)) {
      model =
          Files.readAllLines(cpuinfo).stream()
              .filter(line -> line.startsWith("model name"))
              .map(line -> line.substring(line.indexOf(':') + 1).strip())
              .findFirst()
              .orElse(model);
    }
    return model + ", " + Runtime.getRuntime().availableProcessors() + " cores";
  }

  private static String load() {
    return String.format(
        Locale.ROOT, "%.1f", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String slug(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }
}
