package dev.muster.simulator.oracle;

import dev.muster.protocol.core.Observation;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.List;

/** How long it took the master to end a group that had stopped, and to form the next. Seconds. */
final class Moments implements ClusterListener {
  private final List<Double> detect = new ArrayList<>();
  private final List<Double> form = new ArrayList<>();
  private long stoppedNs = -1;
  private long trainsNs;
  private boolean known;

  List<Double> detect() {
    return detect;
  }

  /** From the end of a group's steps until the next is ordered. */
  List<Double> form() {
    return form;
  }

  /** When the newest group began its first step. */
  long trainsNs() {
    return trainsNs;
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    if (trained.trainedNs() > 0) {
      stoppedNs = nowNs;
      known = false;
    }
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    trainsNs = nowNs;
    stoppedNs = -1;
  }

  @Override
  public void noted(long nowNs, Observation note) {
    if (stoppedNs >= 0 && note.topic().equals("generation.revoked") && !known) {
      known = true;
      detect.add((nowNs - stoppedNs) / 1e9);
    } else if (stoppedNs >= 0 && note.topic().equals("generation.formed")) {
      form.add((nowNs - stoppedNs) / 1e9);
      stoppedNs = -1;
    }
  }
}
