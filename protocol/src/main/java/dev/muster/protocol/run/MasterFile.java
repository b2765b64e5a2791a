package dev.muster.protocol.run;

/**
 * Where the master of a run is, {@code master.json}; replaced atomically at every start of the
 * master.
 *
 * @param port of the agent link
 * @param incarnation grows with every start
 */
public record MasterFile(
    long pid, String host, int port, long incarnation, long startedEpochMillis) {}
