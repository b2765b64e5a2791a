package dev.muster.master.report;

import dev.muster.master.jmx.JobSnapshot;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Recovery;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What went wrong so far, gathered from a job's events: losses by cause, the last one, the last
 * recovery. One thread.
 */
final class Incidents {
  private static final Map<String, String> CAUSES =
      Map.of(
          "worker.exited",
          "exit",
          "worker.hung",
          "hang",
          "node.lost",
          "node",
          "worker.late",
          "start");

  private final Map<String, Long> losses = new TreeMap<>();
  private int restartsRemaining;
  private JobSnapshot.Failure lastFailure;
  private Recovery lastRecovery;

  /**
   * @param restarts user errors that the job may have in all
   */
  Incidents(int restarts) {
    this.restartsRemaining = restarts;
  }

  void event(Event event) {
    var cause = CAUSES.get(event.topic());
    if (cause != null) {
      losses.merge(cause, 1L, Long::sum);
      lastFailure =
          new JobSnapshot.Failure(cause, "", "", -1, -1, event.atEpochMillis(), event.text());
    } else if (event.topic().equals("recovery.done")) {
      lastRecovery = recovery(event);
    } else if (event.topic().equals("failure.charged")) {
      restartsRemaining = (int) whole(event.fields(), "restartsRemaining");
    }
  }

  int restartsRemaining() {
    return restartsRemaining;
  }

  Map<String, Long> losses() {
    return losses;
  }

  /** Null before the first. */
  JobSnapshot.Failure lastFailure() {
    return lastFailure;
  }

  /** Null before the first. */
  Recovery lastRecovery() {
    return lastRecovery;
  }

  private static Recovery recovery(Event event) {
    var fields = event.fields();
    return new Recovery(
        whole(fields, "generation"),
        event.text(),
        ms(fields, "detectMs"),
        ms(fields, "decideMs"),
        ms(fields, "revokeMs"),
        ms(fields, "regroupMs"),
        ms(fields, "stateMs"),
        ms(fields, "firstStepMs"),
        ms(fields, "totalMs"),
        whole(fields, "stepsRedone"),
        Recovery.Kind.valueOf(String.valueOf(fields.get("kind")).toUpperCase(Locale.ROOT)));
  }

  private static long whole(Map<String, Object> fields, String name) {
    return fields.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static double ms(Map<String, Object> fields, String name) {
    return fields.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
