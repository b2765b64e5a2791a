package dev.muster.simulator.drill;

import java.util.Collection;
import java.util.Locale;

/** What is known of an expectation, from best to worst. */
public enum Status {
  MET,
  /** Nothing was seen that speaks for or against it. */
  UNDECIDED,
  VIOLATED;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The worst of all; met when there is none. */
  public static Status worst(Collection<Status> all) {
    return all.stream().max(Status::compareTo).orElse(MET);
  }
}
