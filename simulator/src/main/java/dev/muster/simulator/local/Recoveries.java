package dev.muster.simulator.local;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Recoveries as a master notes them, and as they look to whoever killed the worker. */
public final class Recoveries {
  private Recoveries() {}

  /** In order; a recovery's cause is what ended the first group that it replaced. */
  static List<Recovery> of(List<Observation> notes) {
    var recoveries = new ArrayList<Recovery>();
    String cause = "";
    for (var note : notes) {
      if (note.topic().equals("generation.revoked") && cause.isEmpty()) {
        cause = note.text().replaceFirst("^generation \\d+ ends: ", "");
      } else if (note.topic().equals("recovery.done")) {
        recoveries.add(recovery(note.fields(), cause));
        cause = "";
      }
    }
    return recoveries;
  }

  /**
   * The same, counted from the kill: an agent cannot know when somebody else killed a worker.
   *
   * @param detectMs from the kill to the notice
   */
  public static Recovery detectedAfter(Recovery r, double detectMs) {
    return new Recovery(
        r.generation(),
        r.cause(),
        detectMs,
        r.decideMs(),
        r.revokeMs(),
        r.regroupMs(),
        r.stateMs(),
        r.firstStepMs(),
        r.totalMs() - r.detectMs() + detectMs,
        r.stepsRedone(),
        r.kind());
  }

  private static Recovery recovery(Map<String, Object> fields, String cause) {
    return new Recovery(
        ((Number) fields.get("generation")).longValue(),
        cause,
        number(fields, "detectMs"),
        number(fields, "decideMs"),
        number(fields, "revokeMs"),
        number(fields, "regroupMs"),
        number(fields, "stateMs"),
        number(fields, "firstStepMs"),
        number(fields, "totalMs"),
        (long) number(fields, "stepsRedone"),
        Recovery.Kind.valueOf(String.valueOf(fields.get("kind"))));
  }

  private static double number(Map<String, Object> fields, String name) {
    return ((Number) fields.get(name)).doubleValue();
  }
}
