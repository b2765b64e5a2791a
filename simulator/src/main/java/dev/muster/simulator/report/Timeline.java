package dev.muster.simulator.report;

import dev.muster.simulator.account.History;
import dev.muster.simulator.account.TimeClass;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The worst seed as a picture: generations, what the job did, faults, and a lane per node, or per
 * rack when there are too many nodes. However long the drill, the picture has a bounded size.
 */
final class Timeline {
  private static final double LEFT = 92;
  private static final double WIDTH = 1000;
  private static final double TOP = 22;
  private static final int COLUMNS = 500;
  private static final int LANES_MAX = 64;
  private static final int LABELLED_ERAS_MAX = 60;

  private final Setting setting;
  private final History history;
  private final TimeAxis axis;
  private final Html page = new Html();
  private double y = TOP;

  private Timeline(Setting setting, History history) {
    this.setting = setting;
    this.history = history;
    this.axis = new TimeAxis(setting.horizonNs(), LEFT, WIDTH);
  }

  static String svg(Setting setting, History history) {
    return new Timeline(setting, history).draw();
  }

  private String draw() {
    generations();
    job();
    faults();
    lanes();
    var all = new Html();
    all.add(
        "<svg class=\"wide\" viewBox=\"0 0 1110 {}\" role=\"img\" aria-label=\"Timeline of the"
            + " worst seed\">",
        y + 8);
    axis.draw(all, TOP, y);
    return all.raw(page.toString()).raw("</svg>").toString();
  }

  private void label(String text, double height) {
    page.add(
        "<text class=\"lane\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        LEFT - 8,
        y + height / 2 + 3.5,
        text);
  }

  // ---- generations

  private void generations() {
    y += 4;
    double height = 18;
    label("generation", height);
    if (history.eras().size() <= LABELLED_ERAS_MAX) {
      history.eras().forEach(era -> era(era, height));
    } else {
      manyEras(height);
    }
    y += height + 6;
  }

  private void era(History.Era era, double height) {
    double width = axis.x(era.toNs()) - axis.x(era.fromNs());
    page.add(
        "<rect class=\"era{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>generation {},"
            + " from {} for {}</title></rect>",
        era.generation() % 2,
        axis.x(era.fromNs()),
        y,
        Math.max(0.5, width),
        height,
        era.generation(),
        Words.duration(era.fromNs()),
        Words.duration(era.toNs() - era.fromNs()));
    if (width > 18) {
      page.add(
          "<text class=\"in\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
          axis.x(era.fromNs()) + width / 2,
          y + height / 2 + 3.5,
          era.generation());
    }
  }

  /** Too many to tell apart: a darker column holds more of them. */
  private void manyEras(double height) {
    var begun = new int[COLUMNS];
    for (var era : history.eras()) {
      begun[column(era.fromNs())]++;
    }
    columns(begun, height, "era1", "new generations");
  }

  private int column(long ns) {
    return (int) Math.min(COLUMNS - 1, (double) ns / setting.horizonNs() * COLUMNS);
  }

  private double columnX(int column) {
    return LEFT + WIDTH * column / COLUMNS;
  }

  private void columns(int[] counts, double height, String style, String what) {
    int most = Math.max(1, java.util.Arrays.stream(counts).max().orElse(1));
    page.add(
        "<rect class=\"empty\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        LEFT,
        y,
        WIDTH,
        height);
    for (int i = 0; i < COLUMNS; i++) {
      if (counts[i] > 0) {
        double tall = Math.max(2, height * counts[i] / most);
        page.add(
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}"
                + " {}</title></rect>",
            style,
            columnX(i),
            y + height - tall,
            WIDTH / COLUMNS,
            tall,
            counts[i],
            what);
      }
    }
  }

  // ---- the job

  /** Each column is filled from below with the shares of what the job did in it. */
  private void job() {
    double height = 44;
    label("the job", height);
    var shares = new EnumMap<TimeClass, Bins>(TimeClass.class);
    for (var band : history.bands()) {
      shares
          .computeIfAbsent(band.what(), some -> new Bins(setting.horizonNs(), COLUMNS))
          .add(band.fromNs(), band.toNs());
    }
    int from = 0;
    for (int i = 1; i <= COLUMNS; i++) {
      if (i == COLUMNS || !same(shares, from, i)) {
        jobColumn(shares, from, i, height);
        from = i;
      }
    }
    y += height + 6;
  }

  private static boolean same(Map<TimeClass, Bins> shares, int one, int other) {
    return shares.values().stream().allMatch(bins -> bins.share(one) == bins.share(other));
  }

  private void jobColumn(Map<TimeClass, Bins> shares, int from, int to, double height) {
    double bottom = y + height;
    for (var entry : shares.entrySet()) {
      double tall = height * Math.min(1, entry.getValue().share(from));
      if (tall > 0.05) {
        page.add(
            "<rect class=\"c-{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            entry.getKey().text(),
            columnX(from),
            bottom - tall,
            WIDTH * (to - from) / COLUMNS,
            tall);
        bottom -= tall;
      }
    }
  }

  // ---- faults

  private void faults() {
    double height = 18;
    label("faults", height);
    var faults = history.events().stream().filter(event -> event.topic().equals("fault")).toList();
    if (faults.size() <= 150) {
      faults.forEach(fault -> mark(fault, height));
    } else {
      var counts = new int[COLUMNS];
      faults.forEach(fault -> counts[column(fault.atNs())]++);
      columns(counts, height, "fault", "faults");
    }
    y += height + 8;
  }

  private void mark(History.Event fault, double height) {
    double x = axis.x(fault.atNs());
    page.add(
        "<path class=\"fault\" d=\"M{} {}l5 -9h-10z\"><title>{} {}</title></path>",
        x,
        y + height - 3,
        Words.duration(fault.atNs()),
        fault.text());
  }

  // ---- lanes

  private void lanes() {
    int perLane = 1;
    if (setting.nodes() > LANES_MAX) {
      perLane = Math.max(setting.nodesPerRack(), Math.ceilDiv(setting.nodes(), LANES_MAX));
      perLane = Math.ceilDiv(perLane, setting.nodesPerRack()) * setting.nodesPerRack();
    }
    int lanes = Math.ceilDiv(setting.nodes(), perLane);
    double height = Math.clamp(420.0 / lanes, 6, 15);
    for (int lane = 0; lane < lanes; lane++) {
      lane(lane, perLane, height);
      y += height;
    }
  }

  private void lane(int lane, int perLane, double height) {
    int first = lane * perLane;
    int last = Math.min(setting.nodes(), first + perLane) - 1;
    boolean labelled = height >= 10 || lane % 4 == 0;
    if (labelled) {
      label(perLane == 1 ? "n" + first : "n" + first + " – n" + last, height - 1);
    }
    page.add(
        "<rect class=\"up\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        LEFT,
        y,
        WIDTH,
        height - 1);
    var outages =
        history.outages().stream().filter(o -> o.node() >= first && o.node() <= last).toList();
    if (perLane == 1) {
      outages.forEach(outage -> outage(outage, height));
    } else {
      manyOutages(outages, last - first + 1, height);
    }
    if (perLane == 1) {
      laneFaults(first, height);
    }
  }

  private void outage(History.Outage outage, double height) {
    page.add(
        "<rect class=\"c-down\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>n{} down from"
            + " {} for {}</title></rect>",
        axis.x(outage.fromNs()),
        y,
        Math.max(1, axis.x(outage.toNs()) - axis.x(outage.fromNs())),
        height - 1,
        outage.node(),
        Words.duration(outage.fromNs()),
        Words.duration(outage.toNs() - outage.fromNs()));
  }

  /** As dark as the share of the rack that is down; one node of many still shows. */
  private void manyOutages(List<History.Outage> outages, int nodes, double height) {
    var bins = new Bins(setting.horizonNs(), COLUMNS);
    outages.forEach(outage -> bins.add(outage.fromNs(), outage.toNs()));
    int from = 0;
    for (int i = 1; i <= COLUMNS; i++) {
      if (i == COLUMNS || level(bins, i, nodes) != level(bins, from, nodes)) {
        int level = level(bins, from, nodes);
        if (level > 0) {
          page.add(
              "<rect class=\"c-down\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\""
                  + " fill-opacity=\"0.{}\"/>",
              columnX(from),
              y,
              WIDTH * (i - from) / COLUMNS,
              height - 1,
              Math.min(99, 15 + 10 * level));
        }
        from = i;
      }
    }
  }

  /** 0 (none down) to 8 (all). */
  private static int level(Bins bins, int column, int nodes) {
    double share = bins.share(column) / nodes;
    return share < 1e-4 ? 0 : 1 + (int) Math.min(7, 7 * Math.sqrt(share));
  }

  private void laneFaults(int node, double height) {
    var marks = new ArrayList<History.Event>();
    for (var event : history.events()) {
      if (event.node() == node && event.topic().equals("fault")) {
        marks.add(event);
      }
    }
    for (var mark : marks.subList(0, Math.min(marks.size(), 100))) {
      page.add(
          "<circle class=\"fault\" cx=\"{}\" cy=\"{}\" r=\"2.6\"><title>{} {}</title></circle>",
          axis.x(mark.atNs()),
          y + (height - 1) / 2,
          Words.duration(mark.atNs()),
          mark.text());
    }
  }
}
