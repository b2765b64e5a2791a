package dev.muster.simulator.account;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.List;

/** Records one seed for the page that shows it: what the job did when, which hosts were down. */
public final class History implements ClusterListener {
  private final List<Event> events = new ArrayList<>();
  private final List<Band> bands = new ArrayList<>();
  private final List<Era> eras = new ArrayList<>();
  private final List<Outage> outages = new ArrayList<>();
  private final long[] downSinceNs; // -1: up
  private final Phase phase = new Phase();
  private TimeClass current = TimeClass.WAIT;
  private long sinceNs;
  private long newest;
  private long openedNs;

  public History(int nodes) {
    downSinceNs = new long[nodes];
  }

  /**
   * A line of {@code events.jsonl}.
   *
   * @param node -1: none in particular
   */
  public record Event(long atNs, String topic, int node, String text) {}

  /** The job did one thing. */
  public record Band(long fromNs, long toNs, TimeClass what) {}

  /** A generation was the newest. */
  public record Era(long fromNs, long toNs, long generation) {}

  /** A host was down; from the start of the drill until it was booted that is no outage. */
  public record Outage(long fromNs, long toNs, int node) {}

  public List<Event> events() {
    return events;
  }

  public List<Band> bands() {
    return bands;
  }

  public List<Era> eras() {
    return eras;
  }

  public List<Outage> outages() {
    return outages;
  }

  private void event(long nowNs, String topic, int node, String text) {
    events.add(new Event(nowNs, topic, node, text));
  }

  @Override
  public void struck(long nowNs, List<Integer> nodes, String text) {
    event(nowNs, "fault", nodes.size() == 1 ? nodes.getFirst() : -1, text);
  }

  @Override
  public void hostUp(long nowNs, int node) {
    if (nowNs > 0 && downSinceNs[node] >= 0) {
      outages.add(new Outage(downSinceNs[node], nowNs, node));
      event(nowNs, "host.up", node, "host n" + node + " is up");
    }
    downSinceNs[node] = -1;
  }

  @Override
  public void hostDown(long nowNs, int node) {
    downSinceNs[node] = nowNs;
    event(nowNs, "host.down", node, "host n" + node + " is down");
  }

  @Override
  public void hung(long nowNs, int node, long generation, boolean held) {
    event(nowNs, "worker.hangs", node, "a worker of n" + node + " stops stepping");
  }

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    if (newest > 0) {
      eras.add(new Era(openedNs, nowNs, newest));
    }
    newest = form.group().generation().number();
    openedNs = nowNs;
  }

  @Override
  public void complete(long nowNs, long generation) {
    if (generation == newest) {
      phase.complete();
      follow(nowNs);
    }
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    event(nowNs, "group.trains", -1, "generation " + generation + " trains from step " + startStep);
    phase.trains();
    follow(nowNs);
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    event(
        nowNs,
        "group.stopped",
        -1,
        "generation " + generation + " stops after step " + trained.committed());
    phase.stopped(generation == newest);
    follow(nowNs);
  }

  @Override
  public void revoked(long nowNs, int node, long generation) {
    if (generation == newest) {
      phase.known();
      follow(nowNs);
    }
  }

  @Override
  public void master(long nowNs, boolean up) {
    if (nowNs > 0) {
      event(nowNs, up ? "master.up" : "master.down", -1, "the master is " + (up ? "up" : "down"));
    }
  }

  @Override
  public void noted(long nowNs, Observation observation) {
    event(nowNs, observation.topic(), -1, observation.text());
    phase.noted(observation);
    follow(nowNs);
  }

  @Override
  public void finished(long nowNs, Result result) {
    event(nowNs, "job.finished", -1, result.reason());
    close(nowNs);
    current = TimeClass.OVER;
  }

  private void follow(long nowNs) {
    var next = phase.training() ? TimeClass.PRODUCTIVE : phase.timeClass();
    if (next != current && current != TimeClass.OVER) {
      bands.add(new Band(sinceNs, nowNs, current));
      current = next;
      sinceNs = nowNs;
    }
  }

  private void close(long nowNs) {
    if (nowNs > sinceNs) {
      bands.add(new Band(sinceNs, nowNs, current));
      sinceNs = nowNs;
    }
  }

  /** The drill is over; call it once. */
  public void end(long nowNs) {
    close(nowNs);
    if (newest > 0) {
      eras.add(new Era(openedNs, nowNs, newest));
    }
    for (int node = 0; node < downSinceNs.length; node++) {
      if (downSinceNs[node] > 0) {
        outages.add(new Outage(downSinceNs[node], nowNs, node));
      }
    }
  }
}
