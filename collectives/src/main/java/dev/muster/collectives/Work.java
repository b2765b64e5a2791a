package dev.muster.collectives;

/** Handle of a collective that was started. */
public interface Work {
  /**
   * Returns when this rank's part is complete and its result may be read.
   *
   * @throws GroupRevokedException the group was revoked or a peer did not arrive; the contents of
   *     the buffers are undefined (indefinite)
   */
  void await();

  /** Whether {@link #await} would return or throw at once. */
  boolean isDone();
}
