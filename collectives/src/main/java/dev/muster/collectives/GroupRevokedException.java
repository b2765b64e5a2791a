package dev.muster.collectives;

/**
 * The generation ended while, or before, a collective ran. The communicator is dead; wait for the
 * next group.
 */
public final class GroupRevokedException extends RuntimeException {
  private final String reason;

  public GroupRevokedException(String group, long generation, String reason) {
    super(
        "group revoked: group=" + group + " generation=" + generation + " reason=" + reason,
        null,
        false,
        false);
    this.reason = reason;
  }

  public String reason() {
    return reason;
  }
}
