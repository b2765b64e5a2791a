package dev.muster.simulator.report;

import dev.muster.simulator.local.PredictedMeasured;
import dev.muster.simulator.local.PredictedMeasured.Phase;
import dev.muster.simulator.local.PredictedMeasured.Sample;
import java.util.List;
import java.util.Locale;

/** {@code report.html} of a drill on real processes: predicted beside measured, one file. */
public final class ComparisonPage {
  private final PredictedMeasured compared;
  private final Html page = new Html();

  private ComparisonPage(PredictedMeasured compared) {
    this.compared = compared;
  }

  public static String html(PredictedMeasured compared) {
    return new ComparisonPage(compared).build();
  }

  private String build() {
    Page.open("Drill " + compared.drill() + " on this machine", page);
    header();
    totals();
    phases();
    costs();
    list(
        "What struck",
        "Faults that hit the real processes, from the moment when steps had settled.",
        struck());
    list(
        "What this place cannot do",
        "Lines of the drill that were left out of both.",
        compared.impossible());
    return page.raw("</main></body></html>\n").toString();
  }

  private List<String> struck() {
    return compared.struck().isEmpty() ? List.of("nothing") : compared.struck();
  }

  private void header() {
    page.add(
        "<header><p class=\"kicker\">Failure drill <b>{}</b> on real processes</p><h1>{}</h1>",
        compared.drill(),
        sentence());
    page.add(
        "<p class=\"facts\">Seed {}, {} from the moment when steps had settled, {}. Both sides had"
            + " the same configuration and the same faults; the prediction's costs were measured"
            + " before.</p></header>",
        compared.seed(),
        Words.duration(compared.horizonSeconds() * 1e9),
        compared.busy());
  }

  private String sentence() {
    var totals =
        compared.phases().stream()
            .filter(p -> p.phase().equals("total"))
            .filter(p -> p.predicted().count() > 0 && p.measured().count() > 0)
            .toList();
    if (totals.isEmpty()) {
      return "No recovery on both sides: there is nothing to compare.";
    }
    var first = totals.getFirst();
    return String.format(
        Locale.ROOT,
        "A recovery from a %s was predicted to take %s and took %s (medians of %d and %d).",
        name(first),
        Words.milliseconds(first.predicted().p50()),
        Words.milliseconds(first.measured().p50()),
        first.predicted().count(),
        first.measured().count());
  }

  private static String name(Phase phase) {
    return switch (phase.cause()) {
      case CRASH -> "crash";
      case HANG -> "hang";
      case AGENT -> "lost agent";
      case MASTER -> "lost master";
    };
  }

  private void totals() {
    section(
        "The whole run",
        "Goodput is the undisturbed step time times the steps, over the time; each side by its own"
            + " steps.");
    page.raw(
        "<table"
            + " class=\"figures\"><thead><tr><th>figure<th>predicted<th>measured</tr></thead><tbody>");
    for (var total : compared.totals()) {
      page.add(
          "<tr><td>{}<td>{}<td>{}</tr>",
          total.name(),
          figure(total.predicted()),
          figure(total.measured()));
    }
    page.raw("</tbody></table></section>");
  }

  private static String figure(double value) {
    return value == Math.rint(value)
        ? Words.count((long) value)
        : String.format(Locale.ROOT, "%.4f", value);
  }

  private void phases() {
    section(
        "Recoveries by phase",
        "Medians, and the 90th percentile in parentheses. The share of the longer of the two is"
            + " drawn.");
    page.raw(
        "<table class=\"figures\"><thead><tr><th>cause and phase<th>predicted<th>measured<th"
            + " class=\"note\">predicted above measured</tr></thead><tbody>");
    for (var phase : compared.phases()) {
      page.add(
          "<tr class=\"{}\"><td>{}<td>{}<td>{}<td class=\"note\">",
          phase.phase().equals("total") ? "total" : "",
          name(phase) + ", " + phase.phase(),
          sample(phase.predicted()),
          sample(phase.measured()));
      bars(phase);
      page.raw("</tr>");
    }
    page.raw("</tbody></table></section>");
  }

  private static String sample(Sample of) {
    return of.count() == 0
        ? "none"
        : Words.milliseconds(of.p50()) + " (" + Words.milliseconds(of.p90()) + ")";
  }

  private void bars(Phase phase) {
    double predicted = known(phase.predicted());
    double measured = known(phase.measured());
    double most = Math.max(1e-9, Math.max(predicted, measured));
    page.add(
        "<svg width=\"220\" height=\"16\" role=\"img\" aria-label=\"predicted above measured\">"
            + "<rect class=\"c-spare\" y=\"1\" width=\"{}\" height=\"6\"/>"
            + "<rect class=\"c-productive\" y=\"9\" width=\"{}\" height=\"6\"/></svg>",
        220 * predicted / most,
        220 * measured / most);
  }

  private static double known(Sample of) {
    return of.count() == 0 || Double.isNaN(of.p50()) ? 0 : of.p50();
  }

  private void costs() {
    var costs = compared.calibration();
    section("What the prediction went by", "Medians of " + costs.source() + ".");
    page.raw("<table class=\"figures\"><tbody>");
    row("one step of the whole group", costs.stepMs());
    row("steps are slow after a death, for", costs.coldMs());
    row("one such step", costs.coldStepMs());
    row("start of a process", costs.startMs());
    row("notice of a death", costs.noticeMs());
    row("a new group is connected", costs.joinMs());
    row("every member holds the state", costs.restoreMs());
    row("first step of a new group", costs.firstStepMs());
    page.raw("</tbody></table></section>");
  }

  private void row(String what, double ms) {
    page.add("<tr><td>{}<td>{}</tr>", what, Words.milliseconds(ms));
  }

  private void list(String title, String lead, List<String> lines) {
    if (!lines.isEmpty()) {
      section(title, lead);
      page.raw("<ul>");
      lines.forEach(line -> page.add("<li>{}</li>", line));
      page.raw("</ul></section>");
    }
  }

  private void section(String title, String lead) {
    Page.section(title, lead, page);
  }
}
