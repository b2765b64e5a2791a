package dev.muster.simulator.report;

import dev.muster.simulator.account.Account;
import dev.muster.simulator.account.TimeClass;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;

/** From allocated to productive time, one loss after the other, largest first. */
final class Waterfall {
  private static final double LEFT = 300;
  private static final double WIDTH = 560;
  private static final double ROW = 24;

  private Waterfall() {}

  /** All seeds together. */
  static Account sum(List<Judged> seeds) {
    var sums = new EnumMap<TimeClass, BigInteger>(TimeClass.class);
    long elapsedNs = 0;
    for (var judged : seeds) {
      var account = judged.outcome().account();
      elapsedNs += account.elapsedNs();
      account.gpuNs().forEach((some, ns) -> sums.merge(some, ns, BigInteger::add));
    }
    return new Account(seeds.getFirst().outcome().account().gpus(), elapsedNs, sums);
  }

  static String svg(Account account) {
    var losses = losses(account);
    double axisFrom = axisFrom(account.share(TimeClass.PRODUCTIVE));
    double height = ROW * (losses.size() + 2) + 30;
    var page = new Html();
    page.add(
        "<svg class=\"wide\" viewBox=\"0 0 1110 {}\" role=\"img\" aria-label=\"Goodput"
            + " waterfall\">",
        height);
    ticks(page, axisFrom, height - 22);
    double y = 4;
    row(
        page,
        y,
        "allocated",
        "",
        "c-total",
        axisFrom,
        axisFrom,
        1,
        account.gpuHours(account.sum()),
        1);
    double left = 1;
    for (var some : losses) {
      y += ROW;
      double share = account.share(some);
      row(
          page,
          y,
          some.text(),
          some.meaning(),
          "c-" + some.text(),
          axisFrom,
          left - share,
          left,
          account.gpuHours(some),
          share);
      left -= share;
    }
    double productive = account.share(TimeClass.PRODUCTIVE);
    row(
        page,
        y + ROW,
        "productive",
        TimeClass.PRODUCTIVE.meaning(),
        "c-productive",
        axisFrom,
        axisFrom,
        productive,
        account.gpuHours(TimeClass.PRODUCTIVE),
        productive);
    return page.raw("</svg>").toString();
  }

  private static List<TimeClass> losses(Account account) {
    var losses = new ArrayList<TimeClass>();
    for (var some : TimeClass.values()) {
      if (some != TimeClass.PRODUCTIVE && account.of(some).signum() > 0) {
        losses.add(some);
      }
    }
    losses.sort(Comparator.comparing(account::of).reversed());
    return losses;
  }

  /** When almost all is productive the losses would be hair lines: the axis begins later then. */
  private static double axisFrom(double productive) {
    return productive < 0.5 ? 0 : Math.max(0, Math.floor((productive - 0.02) * 20) / 20);
  }

  private static double x(double share, double axisFrom) {
    return LEFT + WIDTH * Math.clamp((share - axisFrom) / (1 - axisFrom), 0, 1);
  }

  private static void ticks(Html page, double axisFrom, double bottom) {
    for (int i = 0; i <= 5; i++) {
      double share = axisFrom + (1 - axisFrom) * i / 5;
      page.add(
          "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"2\" y2=\"{}\"/>",
          x(share, axisFrom),
          x(share, axisFrom),
          bottom);
      page.add(
          "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{} %</text>",
          x(share, axisFrom), bottom + 15, Words.digits(100 * share));
    }
  }

  private static void row(
      Html page,
      double y,
      String name,
      String meaning,
      String style,
      double axisFrom,
      double from,
      double to,
      double gpuHours,
      double share) {
    page.add(
        "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}<title>{}</title></text>",
        LEFT - 12,
        y + 15,
        meaning.isEmpty() || name.equals("productive") ? name : meaning,
        name);
    page.add(
        "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"1.5\"/>",
        style,
        x(from, axisFrom),
        y + 2,
        Math.max(1, x(to, axisFrom) - x(from, axisFrom)),
        ROW - 6);
    page.add(
        "<text class=\"value\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        985.0,
        y + 15,
        Words.hours(gpuHours));
    page.add(
        "<text class=\"value\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        1085.0,
        y + 15,
        Words.percent(share));
  }
}
