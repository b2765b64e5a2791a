package dev.muster.master.health;

/**
 * What the master believes about a node. Only growing knowledge moves it to the right; a fresh beat
 * or a new link moves it back to {@link #UP} at any time, because the node is then known to live.
 *
 * <pre>
 * UP ──link closed──► SUSPECT ──silent for the timeout──► DEAD ──lease and drift over──► FENCED ──10 × timeout──► forgotten
 * UP ──────────────────silent for the timeout────────────► DEAD
 * </pre>
 */
public enum NodeState {
  /** Beats within the timeout over an open link. */
  UP,
  /** Its link is closed: no news can come, but its ranks may still step under their lease. */
  SUSPECT,
  /**
   * Silent for longer than the timeout: its members are lost to the group; its ranks may still run
   * under their lease.
   */
  DEAD,
  /**
   * Its lease and the drift of clocks are over: its ranks have stopped themselves, whoever
   * acknowledged or not.
   */
  FENCED
}
