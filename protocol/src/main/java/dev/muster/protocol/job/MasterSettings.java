package dev.muster.protocol.job;

/**
 * How the master is reached and how it watches agents; immutable.
 *
 * @param listen {@code HOST:PORT} of the agent link; port 0 takes a free one
 * @param leaseNs an agent that could not renew for this long stops its ranks; too short: a busy
 *     machine stops itself, too long: a cut-off side lives on and a new generation waits for it
 * @param beatNs between two beats of an agent; too short: needless traffic, too long: a lost host
 *     is noticed late
 */
public record MasterSettings(String listen, long leaseNs, long beatNs) {}
