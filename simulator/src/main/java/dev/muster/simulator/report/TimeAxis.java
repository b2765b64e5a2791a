package dev.muster.simulator.report;

/** Maps the time of a drill to pixels, with ticks at round times. */
record TimeAxis(long horizonNs, double left, double width) {
  private static final long SECOND = 1_000_000_000L;
  private static final long[] STEPS_S = {
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14_400,
    21_600,
    43_200,
    86_400,
    2 * 86_400,
    5 * 86_400,
    10 * 86_400,
    20 * 86_400,
    50 * 86_400,
    100 * 86_400
  };
  private static final int TICKS_MAX = 10;
  private static final double LABEL = 48; // widest

  double x(long ns) {
    return left + width * ns / horizonNs;
  }

  long stepNs() {
    for (long step : STEPS_S) {
      if (horizonNs / (step * SECOND) <= TICKS_MAX) {
        return step * SECOND;
      }
    }
    return horizonNs / TICKS_MAX;
  }

  /** Ticks with their labels, and a hair line down to {@code bottom}. */
  void draw(Html page, double top, double bottom) {
    for (long ns = 0; ns <= horizonNs; ns += stepNs()) {
      page.add(
          "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>",
          x(ns),
          x(ns),
          top,
          bottom);
      page.add(
          "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
          x(ns),
          top - 5,
          x(ns) > left + width - LABEL / 2 ? "end" : "middle", // nothing sticks out on the right
          label(ns));
    }
  }

  private String label(long ns) {
    long s = ns / SECOND;
    if (s == 0) {
      return "0";
    }
    long step = stepNs() / SECOND;
    if (step % 86_400 == 0) {
      return s / 86_400 + " d";
    }
    if (step % 3600 == 0) {
      return s / 3600 + " h";
    }
    return step % 60 == 0 ? s / 60 + " min" : s + " s";
  }
}
