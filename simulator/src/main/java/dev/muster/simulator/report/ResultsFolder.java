package dev.muster.simulator.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.muster.simulator.account.Account;
import dev.muster.simulator.account.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes what a drill leaves behind; see docs/drill-report.md for each file. */
public record ResultsFolder(Path path) {

  /** Replaces files of the same names. */
  public void write(DrillReport report) throws IOException {
    Files.createDirectories(path);
    try (var out = Files.newBufferedWriter(path.resolve("verdict.json"))) {
      VerdictJson.write(report, out);
    }
    Files.writeString(page(), Page.html(report));
    Files.write(path.resolve("accounting.csv"), accounting(report));
    Files.write(path.resolve("replay.txt"), replay(report));
    events(report.history());
  }

  public Path page() {
    return path.resolve("report.html");
  }

  private static List<String> accounting(DrillReport report) {
    var lines = new ArrayList<String>();
    lines.add(Account.csvHeader());
    report.seeds().forEach(judged -> lines.add(judged.outcome().account().csv("" + judged.seed())));
    return lines;
  }

  /** One command a line, worst seed first; those that are met come last. */
  private static List<String> replay(DrillReport report) {
    return report.seeds().stream()
        .sorted(Judged.WORST_FIRST)
        .map(judged ->
            "%s  # %s, trace %016x, build %s, format %d%s"
                .formatted(
                    report.setting().replay(judged.seed()),
                    judged.status().text(),
                    judged.outcome().traceHash(),
                    report.setting().build(),
                    report.setting().format(),
                    judged.outcome().played().rareWays()))
        .toList();
  }

  private void events(History history) throws IOException {
    try (var file = Files.newBufferedWriter(path.resolve("events.jsonl"));
        var out = new JsonFactory().createGenerator(file)) {
      out.setPrettyPrinter(new MinimalPrettyPrinter(""));
      for (var event : history.events()) {
        out.writeStartObject();
        out.writeNumberField("atNs", event.atNs());
        out.writeStringField("topic", event.topic());
        if (event.node() >= 0) {
          out.writeStringField("node", "n" + event.node());
        }
        out.writeStringField("text", event.text());
        out.writeEndObject();
        out.writeRaw('\n');
      }
    }
  }
}
