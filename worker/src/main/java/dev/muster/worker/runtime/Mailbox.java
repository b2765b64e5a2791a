package dev.muster.worker.runtime;

import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.FencedException;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * What the agent has asked for and the step thread has not yet done. Filled by the reader, emptied
 * by the step thread; holds at most one order of each kind, the newest.
 */
final class Mailbox {
  private ToWorker.Form form;
  private ToWorker.Revoke revoke;
  private ToWorker.Stop stop;
  private ToWorker.Range range;
  private ToWorker.DatasetReply reply;
  private ToWorker.SaveEvery saveEvery;
  private String fenced;
  private long revokedGeneration;
  private long newestForm;

  /** A welcome is answered during the handshake; a second one is ignored. */
  synchronized void put(ToWorker message) {
    switch (message) {
      case ToWorker.Form newer -> form(newer);
      case ToWorker.Revoke newer -> revoke(newer);
      case ToWorker.Stop order -> stop = order;
      case ToWorker.Range answer -> range = answer;
      case ToWorker.DatasetReply answer -> reply = answer;
      case ToWorker.SaveEvery newer -> saveEvery = newer;
      case ToWorker.Welcome _ -> {}
    }
    notifyAll();
  }

  private void form(ToWorker.Form newer) {
    if (newer.generation() > Math.max(newestForm, revokedGeneration)) {
      form = newer;
      newestForm = newer.generation();
    }
  }

  private void revoke(ToWorker.Revoke newer) {
    if (newer.generation() > revokedGeneration) {
      revoke = newer;
      revokedGeneration = newer.generation();
      form = form != null && form.generation() <= revokedGeneration ? null : form;
    }
  }

  synchronized void fence(String reason) {
    fenced = fenced == null ? reason : fenced;
    notifyAll();
  }

  /**
   * Waits for an order: stop before revoke before form. Throws {@link FencedException} once fenced.
   */
  synchronized ToWorker take() throws InterruptedException {
    while (isEmpty()) {
      wait();
    }
    requireUnfenced();
    if (stop != null) {
      return stop;
    }
    if (revoke != null) {
      var taken = revoke;
      revoke = null;
      return taken;
    }
    var taken = form;
    form = null;
    return taken;
  }

  /** Whether {@link #take} would wait. */
  synchronized boolean isEmpty() {
    return fenced == null && stop == null && revoke == null && form == null;
  }

  /**
   * Waits for the answer to this request; null when none came in time, or something else did that
   * ends the wait.
   */
  synchronized ToWorker.Range range(long generation, long step, int request, long timeoutMs)
      throws InterruptedException {
    return await(() -> answers(range, generation, step, request), generation, timeoutMs)
        ? range
        : null;
  }

  private static boolean answers(ToWorker.Range range, long generation, long step, int request) {
    return range != null
        && range.generation() == generation
        && range.step() == step
        && range.request() == request;
  }

  /** Likewise the reply to a request about a dataset. */
  synchronized ToWorker.DatasetReply reply(long generation, int request, long timeoutMs)
      throws InterruptedException {
    return await(() -> answers(reply, generation, request), generation, timeoutMs) ? reply : null;
  }

  private static boolean answers(ToWorker.DatasetReply reply, long generation, int request) {
    return reply != null && reply.generation() == generation && reply.request() == request;
  }

  private boolean await(BooleanSupplier answered, long generation, long timeoutMs)
      throws InterruptedException {
    long endNs = System.nanoTime() + timeoutMs * 1_000_000;
    while (!answered.getAsBoolean()) {
      long leftMs = (endNs - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0 || stop != null || fenced != null || supersedes(generation)) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }

  /** How often to save in this generation, when that has changed since it was formed; it stays. */
  synchronized OptionalInt saveEvery(long generation) {
    return saveEvery == null || saveEvery.generation() != generation
        ? OptionalInt.empty()
        : OptionalInt.of(saveEvery.steps());
  }

  /** The stop order, null if there is none; it stays. */
  synchronized ToWorker.Stop stop() {
    return stop;
  }

  /** Whether {@code generation} is over: revoked, or a newer one was ordered. */
  synchronized boolean supersedes(long generation) {
    return revokedGeneration >= generation || newestForm > generation;
  }

  synchronized void requireUnfenced() {
    if (fenced != null) {
      throw new FencedException(fenced);
    }
  }
}
