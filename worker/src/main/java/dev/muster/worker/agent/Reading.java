package dev.muster.worker.agent;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ControlPage;

/**
 * What one look at a worker's control page, and for {@link Purpose#HANG} at its process, showed.
 *
 * @param generation it is in by its own account, 0 for none
 * @param starvedNs how long its threads have waited for a CPU since the process started, summed;
 *     only for HANG
 * @param stopped whether the process is stopped (SIGSTOP, debugger); only for HANG
 */
public record Reading(
    WorkerId worker,
    long generation,
    long appliedStep,
    long stepInFlight,
    ControlPage.Phase phase,
    long progress,
    double loss,
    double unitsPerSecond,
    long stepDurationNs,
    long starvedNs,
    boolean stopped) {

  public Reading withProcess(long starvedNs, boolean stopped) {
    return new Reading(
        worker,
        generation,
        appliedStep,
        stepInFlight,
        phase,
        progress,
        loss,
        unitsPerSecond,
        stepDurationNs,
        starvedNs,
        stopped);
  }

  /** Why a look was asked for; comes back with it. */
  public enum Purpose {
    REGISTER,
    BEAT,
    HANG
  }
}
