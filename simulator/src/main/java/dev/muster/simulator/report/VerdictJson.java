package dev.muster.simulator.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.muster.simulator.account.TimeClass;
import dev.muster.simulator.drill.Finding;
import java.io.IOException;
import java.io.Writer;
import java.util.List;

/** {@code verdict.json}; its fields are described in docs/drill-report.md. */
final class VerdictJson {
  /** Grows when a field changes its meaning or goes; new fields do not count. */
  private static final int SCHEMA = 1;

  private VerdictJson() {}

  static void write(DrillReport report, Writer to) throws IOException {
    try (var out = new JsonFactory().createGenerator(to)) {
      out.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      out.useDefaultPrettyPrinter();
      out.writeStartObject();
      out.writeNumberField("schema", SCHEMA);
      head(report, out);
      findings("expectations", report.findings(), out);
      out.writeArrayFieldStart("checks");
      for (var name : report.setting().checks()) {
        out.writeString(name);
      }
      out.writeEndArray();
      phases(report, out);
      account(report.seeds(), out);
      seeds("seeds", report.seeds(), report.setting(), out);
      if (!report.others().isEmpty()) {
        seeds("policyB", report.others(), report.setting(), out);
      }
      modelled(report.setting(), out);
      out.writeEndObject();
    }
    to.write("\n");
  }

  private static void head(DrillReport report, JsonGenerator out) throws IOException {
    var setting = report.setting();
    out.writeStringField("verdict", report.status().text());
    out.writeStringField("sentence", VerdictSentence.of(report));
    out.writeStringField("drill", setting.drill());
    out.writeStringField("build", setting.build());
    out.writeNumberField("format", setting.format());
    out.writeNumberField("horizonNs", setting.horizonNs());
    out.writeNumberField("nodes", setting.nodes());
    out.writeNumberField("slots", setting.slots());
    out.writeNumberField("workers", setting.workers());
    out.writeNumberField("spares", setting.spares());
    out.writeNumberField("worstSeed", report.worst().seed());
    out.writeStringField("replay", setting.replay(report.worst().seed()));
  }

  private static void findings(String name, List<Finding> findings, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart(name);
    for (var finding : findings) {
      out.writeStartObject();
      out.writeStringField("expectation", finding.expectation());
      out.writeStringField("verdict", finding.status().text());
      out.writeStringField("expected", finding.expected());
      out.writeStringField("measured", finding.measured());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void phases(DrillReport report, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("recoveryMs");
    for (var row : RecoveryPhases.of(report.seeds()).rows()) {
      out.writeStartObject();
      out.writeStringField("phase", row.phase());
      out.writeNumberField("count", row.ms().count());
      number("p50", row.ms().at(50), out);
      number("p90", row.ms().at(90), out);
      number("p99", row.ms().at(99), out);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** JSON has no NaN. */
  private static void number(String name, double value, JsonGenerator out) throws IOException {
    if (Double.isFinite(value)) {
      out.writeNumberField(name, value);
    } else {
      out.writeNullField(name);
    }
  }

  private static void account(List<Judged> seeds, JsonGenerator out) throws IOException {
    var account = Waterfall.sum(seeds);
    out.writeObjectFieldStart("slotNs");
    for (var some : TimeClass.values()) {
      out.writeFieldName(some.text());
      out.writeNumber(account.of(some));
    }
    out.writeFieldName("allocated");
    out.writeNumber(account.allocated());
    out.writeEndObject();
  }

  private static void seeds(String name, List<Judged> seeds, Setting setting, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart(name);
    for (var judged : seeds) {
      var outcome = judged.outcome();
      out.writeStartObject();
      out.writeNumberField("seed", judged.seed());
      out.writeStringField("verdict", judged.status().text());
      out.writeNumberField("goodput", outcome.goodput());
      out.writeNumberField("steps", outcome.steps());
      out.writeNumberField("generations", outcome.generations());
      out.writeNumberField("recoveries", outcome.recoveries().size());
      out.writeStringField("traceHash", String.format("%016x", outcome.traceHash()));
      out.writeStringField("end", outcome.end());
      out.writeObjectFieldStart("buggified");
      for (var taken : outcome.buggified().entrySet()) {
        out.writeNumberField(taken.getKey().text(), taken.getValue());
      }
      out.writeEndObject();
      findings("expectations", judged.findings(), out);
      out.writeArrayFieldStart("violations");
      for (var violation : outcome.violations()) {
        out.writeString(violation);
      }
      out.writeEndArray();
      out.writeStringField("replay", setting.replay(judged.seed()));
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void modelled(Setting setting, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("modelled");
    for (var part : setting.modelled()) {
      out.writeStartObject();
      out.writeStringField("part", part.what());
      out.writeStringField("value", part.value());
      out.writeStringField("source", part.source());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
