package dev.muster.simulator.report;

import java.util.Arrays;

/** The difference of each seed as a dot, their mean with its interval below. */
final class DifferencePlot {
  private static final double LEFT = 120;
  private static final double WIDTH = 860;
  private static final int TICKS = 2; // on either side of zero

  private DifferencePlot() {}

  /**
   * @param difference in percentage points
   */
  static String svg(PairedDifference difference) {
    double most = Arrays.stream(difference.differences()).map(Math::abs).max().orElse(0);
    double bound =
        Double.isNaN(difference.low())
            ? 0
            : Math.max(Math.abs(difference.low()), Math.abs(difference.high()));
    double step = Words.roundUp(Math.max(0.01, 1.05 * Math.max(most, bound)) / TICKS);
    double reach = TICKS * step;
    var page = new Html();
    page.raw("<svg class=\"wide\" viewBox=\"0 0 1110 96\" role=\"img\" aria-label=\"A minus B\">");
    for (int tick = -TICKS; tick <= TICKS; tick++) {
      double at = tick * step;
      page.add(
          "<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"6\" y2=\"72\"/>",
          tick == 0 ? "zero" : "grid",
          x(at, reach),
          x(at, reach));
      page.add(
          "<text class=\"tick\" x=\"{}\" y=\"88\" text-anchor=\"middle\">{}</text>",
          x(at, reach),
          tick == 0 ? "0" : (tick < 0 ? "−" : "+") + Words.digits(Math.abs(at)));
    }
    page.raw("<text class=\"lane\" x=\"108\" y=\"28\" text-anchor=\"end\">each seed</text>");
    page.raw("<text class=\"lane\" x=\"108\" y=\"60\" text-anchor=\"end\">mean, 95 %</text>");
    for (double d : difference.differences()) {
      page.add("<circle class=\"dot\" cx=\"{}\" cy=\"24\" r=\"4\"/>", x(d, reach));
    }
    if (!Double.isNaN(difference.low())) {
      page.add(
          "<line class=\"interval\" x1=\"{}\" x2=\"{}\" y1=\"56\" y2=\"56\"/>",
          x(difference.low(), reach),
          x(difference.high(), reach));
    }
    page.add("<circle class=\"mean\" cx=\"{}\" cy=\"56\" r=\"5.5\"/>", x(difference.mean(), reach));
    return page.raw("</svg>").toString();
  }

  private static double x(double value, double reach) {
    return LEFT + WIDTH * (value + reach) / (2 * reach);
  }
}
