package dev.muster.protocol.job;

import java.util.Collection;
import java.util.Comparator;

/** Helps a user who misspelled a key. */
public final class NearestKey {
  private NearestKey() {}

  /**
   * The known key that was most likely meant; one that was only cut in front counts as meant.
   *
   * @param known at least one; of equally near ones the first
   */
  public static String of(String path, Collection<String> known) {
    return known.stream()
        .min(
            Comparator.comparingInt(
                key -> key.endsWith("." + path) ? 0 : EditDistance.of(path, key)))
        .orElseThrow();
  }
}
