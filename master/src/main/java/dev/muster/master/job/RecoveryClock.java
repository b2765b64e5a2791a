package dev.muster.master.job;

import dev.muster.protocol.Generation;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.protocol.run.Recovery;

/**
 * Stamps of one recovery by the master's clock, ns. Phases follow each other without gaps, so they
 * sum to the total.
 */
final class RecoveryClock {
  final String cause;
  final Generation revoked;
  private static final long NOT_MEASURED = -1;

  private final long detectNs;
  private final long heardNs;
  private long decidedNs;
  private long decisionTookNs = NOT_MEASURED;
  private long revokedNs;
  private long joinedNs;
  private long restoredNs;
  private long steppedNs;
  private Recovery.Kind kind = Recovery.Kind.REBUILD;
  private long stepsLost;
  private int incidents = 1;

  RecoveryClock(String cause, Generation revoked, long detectNs, long nowNs) {
    this.cause = cause;
    this.revoked = revoked;
    this.detectNs = detectNs;
    this.heardNs = nowNs;
    this.decidedNs = nowNs;
  }

  long heardNs() {
    return heardNs;
  }

  void decided(long nowNs) {
    decidedNs = nowNs;
    decisionTookNs = NOT_MEASURED;
  }

  /** The event that decided it has been handled. */
  void eventTook(long ns) {
    if (decisionTookNs == NOT_MEASURED) {
      decisionTookNs = ns;
    }
  }

  void anotherFailure() {
    incidents++;
  }

  void revoked(long nowNs) {
    revokedNs = nowNs;
  }

  void formed(Recovery.Kind kind, long stepsLost) {
    this.kind = kind;
    this.stepsLost = Math.max(this.stepsLost, stepsLost);
  }

  void reached(Milestone milestone, long nowNs) {
    switch (milestone) {
      case JOINED -> joinedNs = nowNs;
      case RESTORED -> restoredNs = nowNs;
      case STEPPED -> steppedNs = nowNs;
    }
  }

  /**
   * @param generation the group that came out of it
   * @param evidence put behind the cause
   */
  Recovery report(Generation generation, String evidence) {
    String more = incidents == 1 ? "" : " and " + (incidents - 1) + " more";
    long tookNs = Math.clamp(decisionTookNs, 0, Math.max(0, revokedNs - decidedNs));
    return new Recovery(
        generation.number(),
        cause + more + evidence,
        ms(detectNs),
        ms(decidedNs - heardNs + tookNs),
        ms(revokedNs - decidedNs - tookNs),
        ms(joinedNs - revokedNs),
        ms(restoredNs - joinedNs),
        ms(steppedNs - restoredNs),
        ms(detectNs + steppedNs - heardNs),
        stepsLost,
        kind);
  }

  private static double ms(long ns) {
    return ns / 1e6;
  }
}
