package dev.muster.simulator.local;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * One timed fault that real processes of one machine can meet.
 *
 * @param atNs since training began
 * @param agent which node agent, from 0; ignored by verbs of the master
 * @param forNs how long it lasts; ignored by verbs that have no end
 * @param draw chooses among the workers of the agent
 */
public record LocalFault(long atNs, Verb verb, int agent, long forNs, long draw) {
  /** What one machine can do, and how. */
  public enum Verb {
    /** SIGKILL to a worker, which may be a spare */
    CRASH,
    /** SIGKILL to a worker of the group: what a calibration does, no verb of drills */
    MEMBER_CRASH,
    /** SIGSTOP to a worker of the group */
    HANG,
    /** SIGKILL to an agent; another one is started afterwards */
    AGENT_KILL,
    /** SIGSTOP to an agent, then SIGCONT */
    AGENT_PAUSE,
    /** SIGKILL to the master; the run is resumed afterwards */
    MASTER_KILL,
    /** SIGSTOP to the master, then SIGCONT */
    MASTER_PAUSE;

    /** As drills write it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Verb> of(dev.muster.simulator.fault.Verb of) {
      return Arrays.stream(values()).filter(verb -> verb.text().equals(of.text())).findFirst();
    }

    boolean wide() {
      return this == MASTER_KILL || this == MASTER_PAUSE;
    }
  }

  @Override
  public String toString() {
    String where = verb.wide() ? "" : " n" + agent;
    String length = forNs > 0 ? String.format(Locale.ROOT, " for %.1f s", forNs / 1e9) : "";
    return verb.text() + where + length;
  }
}
