package dev.muster.collectives.flight;

import java.util.List;

/**
 * What the recorder of one rank holds.
 *
 * @param pid of its process
 * @param calls oldest first; one that was overwritten meanwhile is missing
 */
public record Recording(int rank, long pid, List<RecordedCall> calls) {}
