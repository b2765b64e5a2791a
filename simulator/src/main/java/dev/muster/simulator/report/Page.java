package dev.muster.simulator.report;

import dev.muster.simulator.account.TimeClass;
import dev.muster.simulator.drill.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** {@code report.html}: one file, no script, nothing fetched. */
final class Page {
  private static final String STYLE = "/dev/muster/simulator/report/report.css";
  private static final int SEEDS_SHOWN = 40;

  private final DrillReport report;
  private final Setting setting;
  private final Html page = new Html();

  private Page(DrillReport report) {
    this.report = report;
    this.setting = report.setting();
  }

  static String html(DrillReport report) {
    return new Page(report).build();
  }

  /** Everything up to the first section. */
  static void open(String title, Html page) {
    page.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.add("<title>{}</title><style>", title).raw(style()).raw("</style></head><body><main>");
  }

  static void section(String title, String lead, Html page) {
    page.add("<section><h2>{}</h2><p class=\"lead\">{}</p>", title, lead);
  }

  private String build() {
    open("Drill " + setting.drill(), page);
    header();
    expectations();
    timeline();
    waterfall();
    recoveries();
    comparison();
    seeds();
    modelled();
    return page.raw("</main></body></html>\n").toString();
  }

  private static String style() {
    try (var in = Page.class.getResourceAsStream(STYLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void header() {
    var status = report.status();
    page.add("<header><p class=\"kicker\">Failure drill <b>{}</b></p>", setting.drill());
    page.add(
        "<h1 class=\"{}\"><span aria-hidden=\"true\">{}</span> {}</h1>",
        status.text(),
        sign(status),
        VerdictSentence.of(report).replace(" %", "\u00a0%")); // the heading is wrapped
    page.add(
        "<p class=\"facts\">{} × {} = {}, {} and {}, for {} each of {}. Muster {}, simulator format"
            + " {}.</p></header>",
        Words.plural(setting.nodes(), "node"),
        Words.plural(setting.slotsPerNode(), "slot"),
        Words.count(setting.slots()),
        Words.plural(setting.workers(), "worker"),
        Words.plural(setting.spares(), "warm spare"),
        Words.duration(setting.horizonNs()),
        Words.plural(report.seeds().size(), "seed"),
        setting.build(),
        setting.format());
  }

  private static String sign(Status status) {
    return switch (status) {
      case MET -> "✓";
      case VIOLATED -> "✗";
      case UNDECIDED -> "?";
    };
  }

  private void section(String title, String lead) {
    section(title, lead, page);
  }

  private void expectations() {
    section(
        "Expectations",
        "The worst seed of each. Invariants checked all the time: "
            + String.join(", ", setting.checks())
            + ".");
    page.raw(
        "<table><thead><tr><th>expectation<th>verdict<th>expected<th>measured</tr></thead><tbody>");
    for (var finding : report.findings()) {
      page.add(
          "<tr><td>{}<td><span class=\"tag {}\">{} {}</span><td>{}<td>{}</tr>",
          finding.expectation(),
          finding.status().text(),
          sign(finding.status()),
          finding.status().text(),
          finding.expected(),
          finding.measured());
    }
    page.raw("</tbody></table></section>");
  }

  private void timeline() {
    var worst = report.worst();
    section("Timeline of seed " + worst.seed(), "The worst seed. Replay it with:");
    page.add("<pre>{}</pre>", setting.replay(worst.seed()));
    page.raw("<div class=\"scroll\">").raw(Timeline.svg(setting, report.history())).raw("</div>");
    legend();
    page.raw("</section>");
  }

  private void legend() {
    page.raw("<ul class=\"legend\">");
    var shown = new java.util.TreeSet<TimeClass>();
    report.history().bands().forEach(band -> shown.add(band.what()));
    shown.add(TimeClass.DOWN);
    for (var some : shown) {
      page.add(
          "<li><svg viewBox=\"0 0 12 12\"><rect class=\"c-{}\" width=\"12\" height=\"12\""
              + " rx=\"2\"/></svg>{}</li>",
          some.text(),
          some == TimeClass.PRODUCTIVE ? "training" : some.text());
    }
    page.raw(
        "<li><svg viewBox=\"0 0 12 12\"><path class=\"fault\" d=\"M6 11l5"
            + " -10h-10z\"/></svg>fault</li></ul>");
  }

  private void waterfall() {
    section(
        "Where the time went",
        "All seeds together. A slot stands for a GPU; every nanosecond of every slot has one class,"
            + " and the classes sum to the allocated time. Hours are slot-hours.");
    page.raw("<div class=\"scroll\">")
        .raw(Waterfall.svg(Waterfall.sum(report.seeds())))
        .raw("</div></section>");
  }

  private void recoveries() {
    var phases = RecoveryPhases.of(report.seeds());
    section(
        "Recoveries",
        Words.plural(phases.total().count(), "recovery")
            + " over all seeds, from the failure to the next committed step.");
    page.raw(
        "<table class=\"figures\"><thead><tr><th>phase<th>p50<th>p90<th>p99<th>longest<th"
            + " class=\"note\">lasts</tr></thead><tbody>");
    for (var row : phases.rows()) {
      page.add(
          "<tr class=\"{}\"><td>{}<td>{}<td>{}<td>{}<td>{}<td class=\"note\">{}</tr>",
          row.phase().equals("total") ? "total" : "",
          row.phase(),
          ms(row, 50),
          ms(row, 90),
          ms(row, 99),
          ms(row, 100),
          row.meaning());
    }
    page.raw("</tbody></table></section>");
  }

  private static String ms(RecoveryPhases.Row row, double percent) {
    return Words.milliseconds(row.ms().at(percent));
  }

  private void comparison() {
    if (report.others().isEmpty()) {
      return;
    }
    var a = report.seeds().stream().mapToDouble(j -> 100 * j.outcome().goodput()).toArray();
    var b = report.others().stream().mapToDouble(j -> 100 * j.outcome().goodput()).toArray();
    var difference = PairedDifference.of(a, b);
    section("Policy A against policy B", comparisonText(difference, a.length));
    page.raw("<div class=\"scroll\">").raw(DifferencePlot.svg(difference)).raw("</div></section>");
  }

  private static String comparisonText(PairedDifference difference, int seeds) {
    String mean = String.format(Locale.ROOT, "%+.3f", difference.mean());
    if (seeds < 2) {
      return "Goodput of A minus B on one seed: "
          + mean
          + " percentage points. One pair has no interval.";
    }
    return String.format(
        Locale.ROOT,
        "Goodput of A minus B on the same %d seeds: %s percentage points, 95 %% interval %+.3f to"
            + " %+.3f: %s.",
        seeds,
        mean,
        difference.low(),
        difference.high(),
        !difference.certain()
            ? "no difference is shown"
            : difference.mean() > 0 ? "A is better" : "B is better");
  }

  private void seeds() {
    section(
        "Seeds",
        report.seeds().size() > SEEDS_SHOWN
            ? "The "
                + SEEDS_SHOWN
                + " worst of "
                + report.seeds().size()
                + "; verdict.json has all."
            : "Worst first. Equal traces mean equal histories.");
    page.raw(
        "<table class=\"figures\"><thead><tr><th>seed<th"
            + " class=\"verdict\">verdict<th>goodput<th>steps<th>generations<th>recoveries<th>p50<th>p99<th"
            + " class=\"note\">trace</tr></thead><tbody>");
    report.seeds().stream().sorted(Judged.WORST_FIRST).limit(SEEDS_SHOWN).forEach(this::seed);
    page.raw("</tbody></table>");
    for (var bad : report.bad().stream().limit(5).toList()) {
      page.add("<details><summary>Seed {}: what was broken</summary><ul>", bad.seed());
      bad.findings().stream()
          .flatMap(finding -> finding.details().stream())
          .limit(20)
          .forEach(detail -> page.add("<li>{}</li>", detail));
      page.add("</ul><pre>{}</pre></details>", setting.replay(bad.seed()));
    }
    page.raw("</section>");
  }

  private void seed(Judged judged) {
    var outcome = judged.outcome();
    var totals = new Percentiles(outcome.recoveries().stream().mapToDouble(r -> r.totalMs()));
    page.add(
        "<tr><td>{}<td class=\"verdict\"><span class=\"tag {}\">{}"
            + " {}</span><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td"
            + " class=\"note\"><code>{}</code></tr>",
        judged.seed(),
        judged.status().text(),
        sign(judged.status()),
        judged.status().text(),
        Words.percent(outcome.goodput()),
        Words.count(outcome.steps()),
        Words.count(outcome.generations()),
        Words.count(totals.count()),
        Words.milliseconds(totals.at(50)),
        Words.milliseconds(totals.at(99)),
        String.format("%016x", outcome.traceHash()));
  }

  private void modelled() {
    section(
        "What was modelled",
        "Decisions are those of the production master and agents, in virtual time. These parts of"
            + " the world are models:");
    page.raw("<table><thead><tr><th>part<th>value<th>source</tr></thead><tbody>");
    for (var part : setting.modelled()) {
      page.add("<tr><td>{}<td>{}<td>{}</tr>", part.what(), part.value(), part.source());
    }
    page.raw("</tbody></table></section>");
  }
}
