package dev.muster.worker.checkpoint.storage;

import java.util.List;
import java.util.stream.Collectors;

/** What was found wrong with one checkpoint; nothing, when it is whole and tidy. */
public record Verification(long step, List<Finding> findings) {
  /** How much of a checkpoint is read to verify it. */
  public enum Depth {
    /** Manifest, headers and sizes: finds what a crash leaves. */
    SIZES,
    /** Every byte: also finds what decays. */
    BYTES
  }

  /** What is wrong with a file. */
  public enum Kind {
    DAMAGED,
    MISSING,
    TRUNCATED,
    /** Not in the manifest; the checkpoint is whole without it. */
    FOREIGN,
    /** Reading failed; the file may be whole. */
    UNREADABLE
  }

  public record Finding(Kind kind, String file, String detail) {
    @Override
    public String toString() {
      return "kind=" + kind + " file=" + file + " (" + detail + ")";
    }
  }

  public Verification {
    findings = List.copyOf(findings);
  }

  /** Whether training may go on from it. */
  public boolean valid() {
    return findings.stream().allMatch(f -> f.kind == Kind.FOREIGN);
  }

  /** One line. */
  public String reason() {
    return findings.isEmpty()
        ? "whole"
        : findings.stream().map(Finding::toString).collect(Collectors.joining("; "));
  }
}
