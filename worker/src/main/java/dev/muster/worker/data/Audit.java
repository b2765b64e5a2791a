package dev.muster.worker.data;

import java.util.List;
import java.util.SortedMap;

/**
 * What {@link SampleAudit} found.
 *
 * @param committedSteps steps that are part of the final history
 * @param delivered samples delivered in them
 * @param duplicates deliveries beyond the first of a sample within an epoch
 * @param missing samples that committed steps should have used and did not
 * @param exactlyOnce no finding at all
 * @param redone attempts at a step that a later generation had to repeat, counted by the generation
 *     that made them
 * @param redoneSamples samples delivered in those attempts
 * @param findings what is wrong, in words, the first {@link SampleAudit#MAX_FINDINGS}; empty when
 *     nothing is
 */
public record Audit(
    long committedSteps,
    long delivered,
    long duplicates,
    long missing,
    boolean exactlyOnce,
    SortedMap<Long, Long> redone,
    long redoneSamples,
    List<String> findings) {

  public long redoneSteps() {
    return redone.values().stream().mapToLong(Long::longValue).sum();
  }
}
