package dev.muster.simulator.drill;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Generations and recoveries, as the master told them. */
final class Story implements ClusterListener {
  private final List<Recovery> recoveries = new ArrayList<>();
  private long generations;
  private long late;

  long generations() {
    return generations;
  }

  /** Groups that did not start training in time. */
  long late() {
    return late;
  }

  List<Recovery> recoveries() {
    return List.copyOf(recoveries);
  }

  @Override
  public void noted(long nowNs, Observation note) {
    if (note.topic().equals("generation.formed")) {
      generations++;
    } else if (note.topic().equals("generation.late")) {
      late++;
    } else if (note.topic().equals("recovery.done")) {
      recoveries.add(recovery(note));
    }
  }

  private static Recovery recovery(Observation note) {
    var f = note.fields();
    return new Recovery(
        ((Number) f.get("generation")).longValue(),
        note.text(),
        number(f, "detectMs"),
        number(f, "decideMs"),
        number(f, "revokeMs"),
        number(f, "regroupMs"),
        number(f, "stateMs"),
        number(f, "firstStepMs"),
        number(f, "totalMs"),
        (long) number(f, "stepsRedone"),
        Recovery.Kind.valueOf(String.valueOf(f.get("kind")).toUpperCase(Locale.ROOT)));
  }

  private static double number(Map<String, Object> fields, String name) {
    return fields.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }
}
