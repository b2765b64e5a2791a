package dev.muster.simulator.drill;

import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.drill.Expect.Limits;
import dev.muster.simulator.drill.Expect.Never;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What a drill's expectations say of one seed, one by one and in the order of the drill. */
public record Verdict(List<Finding> findings) {
  public Verdict {
    findings = List.copyOf(findings);
  }

  public Status status() {
    return Status.worst(findings.stream().map(Finding::status).toList());
  }

  public boolean met() {
    return status() == Status.MET;
  }

  public boolean violated() {
    return status() == Status.VIOLATED;
  }

  /** Expectations that were not met, in words. */
  public List<String> broken() {
    return details(Status.VIOLATED);
  }

  /** Expectations that nothing was seen of: neither met nor broken. */
  public List<String> open() {
    return details(Status.UNDECIDED);
  }

  private List<String> details(Status status) {
    return findings.stream()
        .filter(finding -> finding.status() == status)
        .flatMap(finding -> finding.details().stream())
        .toList();
  }

  public static Verdict of(Drill drill, Outcome outcome) {
    var judge = new Judge(outcome);
    var expect = drill.expect();
    expect.never().forEach(judge::never);
    judge.goodput(expect.goodput());
    judge.limits("recover", expect.recover(), Recovery::totalMs);
    judge.limits("detect", expect.detect(), Recovery::detectMs);
    judge.stepsRedone(expect.stepsRedone());
    return new Verdict(judge.findings);
  }

  private static final class Judge {
    private final Outcome outcome;
    private final List<Finding> findings = new ArrayList<>();

    Judge(Outcome outcome) {
      this.outcome = outcome;
    }

    void goodput(double expected) {
      if (expected <= 0) {
        return;
      }
      String end = outcome.end().isEmpty() ? "" : "; the job ended: " + outcome.end();
      int digits = digits(outcome.goodput(), expected, 4);
      String measured = number(outcome.goodput(), digits);
      String least = number(expected, digits);
      String detail = "goodput " + measured + " is below the expected " + least + end;
      findings.add(
          Finding.of(
              outcome.goodput() >= expected,
              "goodput",
              "at least " + least,
              measured + end,
              detail));
    }

    void limits(String name, Limits limits, ToDoubleFunction<Recovery> ms) {
      var sorted =
          outcome.recoveries().stream().mapToDouble(ms).filter(v -> v >= 0).sorted().toArray();
      limit(name, "p50", limits.p50Ns(), sorted, 0.50);
      limit(name, "p90", limits.p90Ns(), sorted, 0.90);
      limit(name, "p99", limits.p99Ns(), sorted, 0.99);
    }

    private void limit(
        String name, String which, long limitNs, double[] sorted, double percentile) {
      if (limitNs == Expect.NONE) {
        return;
      }
      String expectation = name + "." + which;
      if (sorted.length == 0) {
        var nothing = List.of(expectation + ": there was nothing to recover from");
        String most = "at most " + number(limitNs / 1e9, 3) + " s";
        findings.add(new Finding(expectation, Status.UNDECIDED, most, "", nothing));
        return;
      }
      double ms = sorted[(int) Math.ceil(percentile * sorted.length) - 1];
      int digits = digits(ms / 1e3, limitNs / 1e9, 3);
      String measured = number(ms / 1e3, digits) + " s";
      String most = number(limitNs / 1e9, digits) + " s";
      String detail =
          text(
              "%s %s is above the expected %s, of %d recoveries",
              expectation, measured, most, sorted.length);
      findings.add(
          Finding.of(ms <= limitNs / 1e6, expectation, "at most " + most, measured, detail));
    }

    private long redone() {
      return outcome.recoveries().stream().mapToLong(Recovery::stepsRedone).sum();
    }

    void stepsRedone(long most) {
      if (most != Expect.NONE) {
        String detail = "steps redone " + redone() + " are more than the expected " + most;
        findings.add(
            Finding.of(redone() <= most, "steps-redone", "at most " + most, "" + redone(), detail));
      }
    }

    void never(Never never) {
      switch (never) {
        case VIOLATION -> violations(never, outcome.violations());
        case JOB_END -> none(never, outcome.end().isEmpty(), "the job ended: " + outcome.end());
        case UNPROVOKED_END ->
            none(
                never,
                outcome.end().isEmpty() || outcome.provoked(),
                "the job ended: " + outcome.end());
        case LATE_GROUP ->
            none(never, outcome.lateGroups() == 0, "late groups: " + outcome.lateGroups());
        case LOST_STEPS -> none(never, redone() == 0, "steps computed again: " + redone());
      }
    }

    private void violations(Never never, List<String> broken) {
      String measured =
          broken.isEmpty() ? "none" : broken.size() + " times, first: " + broken.getFirst();
      var status = broken.isEmpty() ? Status.MET : Status.VIOLATED;
      findings.add(new Finding("never " + never.text(), status, "none", measured, broken));
    }

    private void none(Never never, boolean met, String detail) {
      findings.add(Finding.of(met, "never " + never.text(), "none", met ? "none" : detail, detail));
    }

    /** So many that two different figures do not read the same. */
    private static int digits(double one, double other, int least) {
      int digits = least;
      while (one != other && digits < 9 && number(one, digits).equals(number(other, digits))) {
        digits++;
      }
      return digits;
    }

    private static String number(double value, int digits) {
      return text("%." + digits + "f", value);
    }

    private static String text(String format, Object... arguments) {
      return String.format(Locale.ROOT, format, arguments);
    }
  }
}
