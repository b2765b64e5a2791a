package dev.muster.worker.agent;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/**
 * One worker process as its agent knows it; immutable.
 *
 * <pre>
 *   launched -> started (pid) -> connected -> ready -> [member of groups]* -> finished -> ended
 *   any of them -> lost (socket closed, trainer failed, being killed) -> ended
 * </pre>
 *
 * @param place of a plain command, else null
 * @param pid 0 until the process runs
 * @param lost can take part in nothing any more, though the process may still live
 * @param heldStep committed step whose state it holds, -1 for none
 * @param faultAtNs when an injected fault hit it, 0 for none
 * @param error first error its trainer reported, empty for none
 * @param finished what it said at the end, null before
 * @param endpoint HOST:PORT for ranks of other machines; empty: none, or not ready
 */
record LocalWorker(
    WorkerId id,
    ToAgent.Place place,
    long pid,
    boolean connected,
    boolean ready,
    boolean lost,
    long heldStep,
    long faultAtNs,
    String error,
    ToMaster.WorkerFinished finished,
    String endpoint) {

  static LocalWorker launched(WorkerId id, ToAgent.Place place) {
    return new LocalWorker(id, place, 0, false, false, false, -1, 0, "", null, "");
  }

  LocalWorker started(long pid) {
    return new LocalWorker(
        id, place, pid, connected, ready, lost, heldStep, faultAtNs, error, finished, endpoint);
  }

  LocalWorker withConnected() {
    return new LocalWorker(
        id, place, pid, true, ready, lost, heldStep, faultAtNs, error, finished, endpoint);
  }

  LocalWorker withReady(String reachedAt) {
    return new LocalWorker(
        id, place, pid, connected, true, lost, heldStep, faultAtNs, error, finished, reachedAt);
  }

  LocalWorker withLost() {
    return new LocalWorker(
        id, place, pid, connected, ready, true, heldStep, faultAtNs, error, finished, endpoint);
  }

  LocalWorker holding(long step) {
    return new LocalWorker(
        id, place, pid, connected, ready, lost, step, faultAtNs, error, finished, endpoint);
  }

  /** In a new group, holding the state of {@code step}, -1 for none. */
  LocalWorker entered(long step) {
    return new LocalWorker(
        id, place, pid, connected, ready, lost, step, faultAtNs, error, null, endpoint);
  }

  LocalWorker hitAt(long atNs) {
    return new LocalWorker(
        id, place, pid, connected, ready, lost, heldStep, atNs, error, finished, endpoint);
  }

  LocalWorker failed(String first) {
    return new LocalWorker(
        id,
        place,
        pid,
        connected,
        ready,
        true,
        heldStep,
        faultAtNs,
        error.isEmpty() ? first : error,
        finished,
        endpoint);
  }

  LocalWorker finished(ToMaster.WorkerFinished report) {
    return new LocalWorker(
        id, place, pid, connected, ready, lost, report.step(), faultAtNs, error, report, endpoint);
  }

  boolean usable() {
    return connected && !lost;
  }
}
