package dev.muster.master.job;

import java.util.List;

/**
 * One input that changed a job, with what was decided; the journal is the list of these in order.
 *
 * @param atNs monotonic time of the master that handled it
 * @param decisions topic and reason of each decision, as noted
 */
public record JournalEntry(long atNs, JobEvent event, List<String> decisions) {}
