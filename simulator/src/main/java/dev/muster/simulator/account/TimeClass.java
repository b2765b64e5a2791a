package dev.muster.simulator.account;

import java.util.Locale;

/** What a GPU was doing, or waiting for. Every GPU-nanosecond has exactly one. */
public enum TimeClass {
  PRODUCTIVE("steps that count"),
  REDONE("steps given up or cut short, and done again"),
  SLOW("waiting for a slow member within steps"),
  CHECKPOINT("standing still for a checkpoint (modelled)"),
  DETECT("from the failure until somebody knows"),
  DECIDE("until the master ends the group"),
  REVOKE("until the old group can no longer commit"),
  WAIT("waiting for enough workers"),
  REGROUP("until the new group is connected"),
  RESTORE("until every member holds the state"),
  START("a process is starting"),
  STRANDED("left out: the member of a group that is gone"),
  SPARE("a warm spare, ready"),
  IDLE("no process"),
  DOWN("the node is down or being repaired"),
  UNFINISHED("on the step that the horizon cut short"),
  OVER("after the end of the job");

  private final String meaning;

  TimeClass(String meaning) {
    this.meaning = meaning;
  }

  public String meaning() {
    return meaning;
  }

  /** As it is written: {@code productive}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
