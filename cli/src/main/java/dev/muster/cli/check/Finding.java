package dev.muster.cli.check;

/**
 * One thing looked at.
 *
 * @param detail what was found, and for WARN and FAIL what to do
 */
public record Finding(String subject, Verdict verdict, String detail) {
  /** Whether a run would work. */
  public enum Verdict {
    OK,
    /** It works, but slower or not for everything. */
    WARN,
    /** A run would not start. */
    FAIL
  }

  static Finding ok(String subject, String detail) {
    return new Finding(subject, Verdict.OK, detail);
  }

  static Finding warn(String subject, String detail) {
    return new Finding(subject, Verdict.WARN, detail);
  }

  static Finding fail(String subject, String detail) {
    return new Finding(subject, Verdict.FAIL, detail);
  }
}
