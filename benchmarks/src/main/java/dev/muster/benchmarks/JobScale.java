package dev.muster.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the job core costs as the fleet grows: ns a message and ms a regroup for each size given as
 * {@code nodes x workers}, then the cost of the largest divided by that of the smallest. A message
 * should cost the same at any size (ratio near 1), a regroup grow with the ranks.
 *
 * <p>Arguments: sizes, for example {@code 256x8 4096x8}, and {@code rounds=20}.
 */
public final class JobScale {
  private JobScale() {}

  public static void main(String[] args) {
    var sizes = new ArrayList<String>();
    int rounds = 20;
    for (String arg : args) {
      if (arg.startsWith("rounds=")) {
        rounds = Integer.parseInt(arg.substring(7));
      } else {
        sizes.add(arg);
      }
    }
    if (sizes.isEmpty()) {
      sizes.addAll(List.of("256x8", "4096x8"));
    }
    play("64x8", 50); // compiles the code
    var all = new ArrayList<Map<String, Double>>();
    for (String size : sizes) {
      var costs = play(size, rounds);
      all.add(costs);
      print(size, costs);
    }
    var first = all.getFirst();
    var last = all.getLast();
    last.forEach((name, ns) ->
        System.out.printf(
            Locale.ROOT,
            "%-12s %s / %s = %.2f%n",
            name,
            sizes.getLast(),
            sizes.getFirst(),
            ns / first.get(name)));
  }

  private static Map<String, Double> play(String size, int rounds) {
    String[] parts = size.split("x");
    var drive = new JobDrive(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    drive.start();
    for (int round = 0; round < rounds; round++) {
      drive.loseWorker(round);
    }
    return drive.meanNs();
  }

  private static void print(String size, Map<String, Double> costs) {
    costs.forEach(
        (name, ns) -> System.out.printf(Locale.ROOT, "%-12s %-10s %14.0f ns%n", name, size, ns));
    System.out.println();
  }
}
