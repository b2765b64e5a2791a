package dev.muster.master.jmx;

/**
 * Answer to an operation.
 *
 * @param accepted false: nothing was done, {@code message} says why and what to type
 * @param operationId number of the operation in this master, also in the event log
 * @param generation current one
 */
public record OperationResult(
    boolean accepted, long operationId, long generation, String message) {}
