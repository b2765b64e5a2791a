package dev.muster.simulator.drill;

import java.util.List;

/**
 * One expectation, looked at in one seed.
 *
 * @param expectation its key, as in a drill file: {@code goodput}, {@code recover.p99}
 * @param expected in words, with its unit: {@code >= 0.9000}
 * @param measured in words, with its unit; empty when nothing was
 * @param details one sentence for each thing that is wrong, or that is not known; empty when met
 */
public record Finding(
    String expectation, Status status, String expected, String measured, List<String> details) {

  public Finding {
    details = List.copyOf(details);
  }

  static Finding met(String expectation, String expected, String measured) {
    return new Finding(expectation, Status.MET, expected, measured, List.of());
  }

  static Finding of(
      boolean met, String expectation, String expected, String measured, String detail) {
    return met
        ? met(expectation, expected, measured)
        : new Finding(expectation, Status.VIOLATED, expected, measured, List.of(detail));
  }
}
