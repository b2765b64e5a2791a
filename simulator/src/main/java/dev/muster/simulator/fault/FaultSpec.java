package dev.muster.simulator.fault;

/**
 * One line of a drill's faults, with what is left to draw.
 *
 * @param line its number in the drill, 0-based; names its random draws
 * @param length how long each lasts
 * @param factor as in {@link Fault}
 * @param byNs as in {@link Fault}
 * @param times how often it strikes in a row each time
 * @param gap from one of those to the next; a lemon: between two of its crashes
 * @param spreadNs within what time a swizzle cuts all its links, and heals them
 * @param draw chooses among the workers of a node, -1: drawn
 */
public record FaultSpec(
    int line,
    Verb verb,
    Timing timing,
    Pick pick,
    Span length,
    double factor,
    long byNs,
    int times,
    Span gap,
    long spreadNs,
    int draw) {

  @Override
  public String toString() {
    return verb.text() + where() + when() + howLong();
  }

  private String where() {
    if (verb.clusterWide()) {
      return "";
    }
    String scope = pick.scope().name().toLowerCase(java.util.Locale.ROOT);
    String which =
        pick.index() >= 0
            ? scope + " " + pick.index()
            : pick.count() == 1
                ? "any " + scope
                : (pick.count() > 0 ? pick.count() : pick.percent() + " %")
                    + " of all "
                    + scope
                    + "s";
    return " " + (pick.share() < 1 ? 100 * pick.share() + " % of " : "") + which;
  }

  private String when() {
    return switch (timing) {
      case Timing.At(var atNs) -> " at " + seconds(atNs);
      case Timing.Every(var gapBetween, var fromNs) ->
          " every " + span(gapBetween) + (fromNs > 0 ? " from " + seconds(fromNs) : "");
      case Timing.When(var condition, var after, var most) ->
          " when "
              + condition
              + (after.equals(Span.ZERO) ? "" : ", " + span(after) + " later")
              + (most > 0 ? ", at most " + most + " times" : "");
    };
  }

  private String howLong() {
    return (times > 1 ? ", " + times + " times" : "")
        + (length.equals(Span.ZERO) ? "" : " for " + span(length));
  }

  private static String span(Span span) {
    return switch (span) {
      case Span.Fixed(var ns) -> seconds(ns);
      case Span.Exponential(var ns) -> seconds(ns) + " on average";
      case Span.Lognormal(var ns, var sigma) ->
          seconds(ns) + " in the median (sigma " + sigma + ")";
    };
  }

  private static String seconds(long ns) {
    return ns / 1e9 + " s";
  }
}
