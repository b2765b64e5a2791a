package dev.muster.worker.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/**
 * Joins the {@link SampleLog}s of all workers of a run: what was delivered in the steps that count,
 * each sample once?
 *
 * <p>It never asks the sampler; it counts what loaders delivered. The first pass reads which
 * generation's attempt at each step counts ({@link History}), the second one marks the samples of
 * exactly those attempts, one bit per sample and epoch. Complete epochs must hold every sample
 * once, the last one each at most once and as many as its steps need.
 */
public final class SampleAudit {
  static final int MAX_FINDINGS = 20;

  private final History history;
  private final TreeMap<Long, BitSet> epochs = new TreeMap<>();
  private final List<String> findings = new ArrayList<>();
  private long delivered;
  private long duplicates;
  private long missing;
  private long redoneSamples;

  private SampleAudit(History history) {
    this.history = history;
  }

  /**
   * @param logs of all workers of the run, also of those that died
   * @throws IOException a file cannot be read
   */
  public static Audit of(List<Path> logs) throws IOException {
    var audit = new SampleAudit(History.of(logs));
    SampleLines.read(logs, audit::mark);
    audit.count();
    return audit.result();
  }

  private void mark(SampleLines.Line line) {
    if (line instanceof SampleLines.Delivered d) {
      if (history.counts(d.generation(), d.step())) {
        markDelivered(d);
      } else if (history.redone(d.generation(), d.step())) {
        redoneSamples += d.indices().length;
      }
    } else if (line instanceof SampleLines.Malformed m) {
      find("unreadable line: file=" + m.file() + " line=" + m.number());
    }
  }

  private void markDelivered(SampleLines.Delivered d) {
    if (d.epoch() != history.epochOf(d.step())) {
      find(
          "wrong epoch: step="
              + d.step()
              + " expected="
              + history.epochOf(d.step())
              + " actual="
              + d.epoch());
    }
    BitSet seen = epochs.computeIfAbsent(d.epoch(), e -> new BitSet());
    for (long index : d.indices()) {
      delivered++;
      if (index < 0 || index >= history.samples()) {
        find(
            "unknown sample: sample="
                + index
                + " step="
                + d.step()
                + " samples="
                + history.samples());
      } else if (seen.get((int) index)) {
        duplicates++;
        find("duplicate: sample=" + index + " epoch=" + d.epoch() + " step=" + d.step());
      } else {
        seen.set((int) index);
      }
    }
  }

  private void count() {
    history.complaints().forEach(this::find);
    for (long epoch = 0; epoch <= history.lastEpoch(); epoch++) {
      BitSet seen = epochs.getOrDefault(epoch, new BitSet());
      long lacking = history.expectedIn(epoch) - seen.cardinality();
      if (lacking != 0) {
        missing += Math.max(0, lacking);
        find(
            "missing samples: epoch="
                + epoch
                + " expected="
                + history.expectedIn(epoch)
                + " actual="
                + seen.cardinality()
                + firstMissing(epoch, seen));
      }
    }
  }

  private String firstMissing(long epoch, BitSet seen) {
    int first = seen.nextClearBit(0);
    boolean complete = history.expectedIn(epoch) == history.samples();
    return complete && first < history.samples() ? " first=" + first : "";
  }

  private void find(String finding) {
    if (findings.size() < MAX_FINDINGS) {
      findings.add(finding);
    }
  }

  private Audit result() {
    return new Audit(
        history.committedSteps(),
        delivered,
        duplicates,
        missing,
        findings.isEmpty(),
        history.redone(),
        redoneSamples,
        List.copyOf(findings));
  }
}
