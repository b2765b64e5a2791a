package dev.muster.master.job;

import dev.muster.protocol.Generation;

/**
 * What flight recorders say of how a group ended. It comes when it comes, before the failure that
 * it explains or after it, and nobody waits for it.
 */
final class Evidence {
  private Generation generation = Generation.NONE;
  private String text = "";

  /** Of several nodes of a group, the first that says something is heard. */
  void told(Generation of, String evidence) {
    if (generation.isBefore(of)) {
      generation = of;
      text = evidence;
    }
  }

  /** To be put behind what is said of that end; empty without any. */
  String behind(Generation of) {
    return of.equals(generation) && !of.equals(Generation.NONE) ? "; " + text : "";
  }
}
