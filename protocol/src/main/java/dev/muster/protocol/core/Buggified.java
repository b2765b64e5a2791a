package dev.muster.protocol.core;

/** Which rare ways one core takes, as a function of nothing but these arguments. */
@FunctionalInterface
public interface Buggified {
  /** Production's, always. */
  Buggified NEVER = (point, entity, atNs) -> false;

  /**
   * @param entity tells apart what is decided at one instant
   * @param atNs by the clock of the core
   */
  boolean at(Buggify point, long entity, long atNs);
}
