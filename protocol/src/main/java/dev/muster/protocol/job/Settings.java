package dev.muster.protocol.job;

/**
 * All that the configuration says, validated; immutable. Made by {@link JobSpecReader}.
 *
 * @param agents how many agents a run starts on this machine
 */
public record Settings(JobSpec job, MasterSettings master, int agents) {}
