package dev.muster.worker.data;

import java.util.List;

/**
 * What {@link SampleAudit} found.
 *
 * @param committedSteps steps that are part of the final history
 * @param delivered samples delivered in them
 * @param duplicates deliveries beyond the first of a sample within an epoch
 * @param missing samples that committed steps should have used and did not
 * @param exactlyOnce no finding at all
 * @param redoneSteps attempts at a step that a later generation had to repeat
 * @param redoneSamples samples delivered in those attempts
 * @param findings what is wrong, in words, the first {@link SampleAudit#MAX_FINDINGS}; empty when nothing is
 */
public record Audit(
    long committedSteps,
    long delivered,
    long duplicates,
    long missing,
    boolean exactlyOnce,
    long redoneSteps,
    long redoneSamples,
    List<String> findings) {}
