package dev.muster.simulator.report;

/**
 * One expectation, looked at in one seed.
 *
 * @param expectation its key, as in a drill file: {@code goodput}, {@code recover.p99}
 * @param expected in words, with its unit: {@code >= 0.9000}
 * @param measured in words, with its unit; empty when nothing was
 */
public record Finding(String expectation, Status status, String expected, String measured) {}
