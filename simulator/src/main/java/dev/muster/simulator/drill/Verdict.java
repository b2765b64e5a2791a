package dev.muster.simulator.drill;

import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.drill.Expect.Limits;
import dev.muster.simulator.drill.Expect.Never;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What a drill's expectations say of one seed.
 *
 * @param broken expectations that were not met, in words
 * @param open expectations that nothing was seen of: neither met nor broken
 */
public record Verdict(List<String> broken, List<String> open) {
  public Verdict {
    broken = List.copyOf(broken);
    open = List.copyOf(open);
  }

  public boolean met() {
    return broken.isEmpty() && open.isEmpty();
  }

  public boolean violated() {
    return !broken.isEmpty();
  }

  public static Verdict of(Drill drill, Outcome outcome) {
    var judge = new Judge(outcome);
    var expect = drill.expect();
    judge.goodput(expect.goodput());
    judge.limits("recover", expect.recover(), Recovery::totalMs);
    judge.limits("detect", expect.detect(), Recovery::detectMs);
    judge.stepsRedone(expect.stepsRedone());
    expect.never().forEach(judge::never);
    return new Verdict(judge.broken, judge.open);
  }

  private static final class Judge {
    private final Outcome outcome;
    private final List<String> broken = new ArrayList<>();
    private final List<String> open = new ArrayList<>();

    Judge(Outcome outcome) {
      this.outcome = outcome;
    }

    void goodput(double expected) {
      if (outcome.goodput() < expected) {
        broken.add(
            String.format(
                Locale.ROOT,
                "goodput %.4f is below the expected %.4f%s",
                outcome.goodput(),
                expected,
                outcome.end().isEmpty() ? "" : "; the job ended: " + outcome.end()));
      }
    }

    void limits(String name, Limits limits, ToDoubleFunction<Recovery> ms) {
      var sorted =
          outcome.recoveries().stream().mapToDouble(ms).filter(v -> v >= 0).sorted().toArray();
      if (sorted.length == 0 && limits.any()) {
        open.add(name + ": there was nothing to recover from");
      } else {
        limit(name + ".p50", limits.p50Ns(), sorted, 0.50);
        limit(name + ".p90", limits.p90Ns(), sorted, 0.90);
        limit(name + ".p99", limits.p99Ns(), sorted, 0.99);
      }
    }

    private void limit(String name, long limitNs, double[] sorted, double percentile) {
      if (limitNs == Expect.NONE) {
        return;
      }
      double ms = sorted[(int) Math.ceil(percentile * sorted.length) - 1];
      if (ms > limitNs / 1e6) {
        broken.add(
            String.format(
                Locale.ROOT,
                "%s %.3f s is above the expected %.3f s, of %d recoveries",
                name,
                ms / 1e3,
                limitNs / 1e9,
                sorted.length));
      }
    }

    private long redone() {
      return outcome.recoveries().stream().mapToLong(Recovery::stepsRedone).sum();
    }

    void stepsRedone(long most) {
      if (most != Expect.NONE && redone() > most) {
        broken.add("steps redone " + redone() + " are more than the expected " + most);
      }
    }

    void never(Never never) {
      switch (never) {
        case VIOLATION -> broken.addAll(outcome.violations());
        case JOB_END -> add(!outcome.end().isEmpty(), "the job ended: " + outcome.end());
        case LATE_GROUP -> add(outcome.lateGroups() > 0, "late groups: " + outcome.lateGroups());
        case LOST_STEPS -> add(redone() > 0, "steps computed again: " + redone());
      }
    }

    private void add(boolean bad, String text) {
      if (bad) {
        broken.add(text);
      }
    }
  }
}
