package dev.muster.simulator.report;

import dev.muster.protocol.run.Recovery;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** All recoveries of all seeds, phase by phase, in ms. */
record RecoveryPhases(List<Row> rows) {
  record Row(String phase, String meaning, Percentiles ms) {}

  static RecoveryPhases of(List<Judged> seeds) {
    var all = seeds.stream().flatMap(judged -> judged.outcome().recoveries().stream()).toList();
    return new RecoveryPhases(
        List.of(
            row("detect", "from the failure to its notice", all, Recovery::detectMs),
            row("decide", "to the master's order", all, Recovery::decideMs),
            row("revoke", "until the old group cannot commit", all, Recovery::revokeMs),
            row("regroup", "until the new group is connected", all, Recovery::regroupMs),
            row("state", "until every member holds the state", all, Recovery::stateMs),
            row("first step", "until a step is committed", all, Recovery::firstStepMs),
            row("total", "from the failure to the next step", all, Recovery::totalMs)));
  }

  private static Row row(
      String phase, String meaning, List<Recovery> all, ToDoubleFunction<Recovery> ms) {
    return new Row(phase, meaning, new Percentiles(all.stream().mapToDouble(ms)));
  }

  Percentiles total() {
    return rows.getLast().ms();
  }
}
