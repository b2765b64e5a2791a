package dev.muster.cli.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One kind, size and number of ranks: what a call took on every side, round by round, so that other
 * load on the machine meets all of them. One thread.
 */
public final class CollectiveCell {
  private final CollectiveKind kind;
  private final long bytes;
  private final int worldSize;
  private final Map<CollectiveSide, List<RankTeam.Answer>> calls =
      new EnumMap<>(CollectiveSide.class);
  private final List<Double> copies = new ArrayList<>();

  CollectiveCell(CollectiveKind kind, long bytes, int worldSize) {
    this.kind = kind;
    this.bytes = bytes;
    this.worldSize = worldSize;
  }

  /**
   * @param total of so many calls
   */
  void add(CollectiveSide side, RankTeam.Answer total, int times) {
    calls
        .computeIfAbsent(side, s -> new ArrayList<>())
        .add(new RankTeam.Answer(total.seconds() / times, total.cpuSeconds() / times));
  }

  /** A copy of as many bytes by every rank at once, in the same round. */
  void addCopy(double seconds) {
    copies.add(seconds);
  }

  /** How many times as fast as the better of the others, NaN without any; median of the rounds. */
  public double ratio(CollectiveSide ours) {
    var own = calls.get(ours);
    var ratios = new double[own.size()];
    for (int round = 0; round < ratios.length; round++) {
      ratios[round] = best(round) / own.get(round).seconds();
    }
    return Timing.median(ratios);
  }

  private double best(int round) {
    return others().mapToDouble(s -> calls.get(s).get(round).seconds()).min().orElse(Double.NaN);
  }

  /** Likewise by everyone's fastest round: what a quiet moment of a busy machine shows. */
  public double fastestRatio(CollectiveSide ours) {
    return others().mapToDouble(this::fastest).min().orElse(Double.NaN) / fastest(ours);
  }

  private double fastest(CollectiveSide side) {
    return calls.get(side).stream().mapToDouble(RankTeam.Answer::seconds).min().orElse(Double.NaN);
  }

  private Stream<CollectiveSide> others() {
    return calls.keySet().stream().filter(side -> !side.ours());
  }

  public String name() {
    return worldSize + " ranks " + kind.label() + " " + size(bytes);
  }

  static String size(long bytes) {
    return bytes >= 1 << 20 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
  }

  public static List<String> header() {
    var names =
        Stream.of(CollectiveSide.values())
            .map(side -> "%11s".formatted(side.label()))
            .collect(Collectors.joining(" "));
    return List.of(
        "                             | µs a call"
            + " ".repeat(39)
            + "| zero copy:    | with copies:  | CPU seconds of all ranks per GiB",
        "ranks kind          size     | " + names + " | median fastest| median fastest| " + names);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%5d %-13s %-8s | %s | %s| %s| %s",
        worldSize,
        kind.label(),
        size(bytes),
        columns(answer -> answer.seconds() * 1e6),
        ratios(CollectiveSide.SHARED),
        ratios(CollectiveSide.NATIVE),
        columns(answer -> answer.cpuSeconds() * (1 << 30) / bytes));
  }

  private String ratios(CollectiveSide ours) {
    return String.format(Locale.ROOT, "%6.2f %7.2f", ratio(ours), fastestRatio(ours));
  }

  private String columns(ToDoubleFunction<RankTeam.Answer> value) {
    var columns = new ArrayList<String>();
    for (var side : CollectiveSide.values()) {
      columns.add(
          calls.containsKey(side)
              ? String.format(Locale.ROOT, "%11.2f", median(side, value))
              : "%11s".formatted("-"));
    }
    return String.join(" ", columns);
  }

  private double median(CollectiveSide side, ToDoubleFunction<RankTeam.Answer> value) {
    return Timing.median(calls.get(side).stream().mapToDouble(value).toArray());
  }

  public static String boundHeader() {
    return "ranks kind          size     | moved MiB, GB/s; all ranks copying, GB/s; of that";
  }

  /**
   * What zero copy makes of the memory: the bytes that must move, per second, beside those that
   * move when every rank just copies as much in the same round (each is read and written).
   */
  public String bound() {
    double moved = kind.bytesMoved(bytes, worldSize);
    double copied = 2.0 * bytes * worldSize;
    var own = calls.get(CollectiveSide.SHARED);
    var shares = new double[copies.size()];
    for (int round = 0; round < shares.length; round++) {
      shares[round] = moved / own.get(round).seconds() / (copied / copies.get(round));
    }
    return String.format(
        Locale.ROOT,
        "%5d %-13s %-8s | %8.0f %7.1f %7.1f %5.0f %%",
        worldSize,
        kind.label(),
        size(bytes),
        moved / (1 << 20),
        moved / median(CollectiveSide.SHARED, RankTeam.Answer::seconds) / 1e9,
        copied / Timing.median(copies.stream().mapToDouble(d -> d).toArray()) / 1e9,
        100 * Timing.median(shares));
  }
}
