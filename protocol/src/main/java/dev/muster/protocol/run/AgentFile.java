package dev.muster.protocol.run;

/** Where one agent of a run is, {@code agents/<node>.json}. */
public record AgentFile(long pid, String node, long startedEpochMillis) {}
