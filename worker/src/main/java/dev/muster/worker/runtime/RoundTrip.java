package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.worker.FencedException;

/**
 * A question to the master and its answer, within one generation: asked again while none comes, and
 * cut short when the group ends. Step thread only.
 */
record RoundTrip(Agent agent, Communicator communicator) {
  /** After an answer was lost, and below any limit for hangs: who asks does not hang. */
  private static final long ASK_AGAIN_MS = 500;

  /** Looks for the answer in the mailbox; null when none came in time. */
  interface Answer<T> {
    T await(Mailbox mailbox, long timeoutMs) throws InterruptedException;
  }

  /**
   * @throws GroupRevokedException the group is over, or this rank was told to stop
   */
  <T> T ask(FromWorker question, Answer<T> answer) {
    T answered = null;
    while (answered == null) {
      requireCurrent();
      agent.page().phase(Phase.WAITING); // counts as progress
      agent.send(question);
      answered = await(answer);
    }
    agent.page().phase(Phase.COMPUTING);
    return answered;
  }

  private <T> T await(Answer<T> answer) {
    try {
      return answer.await(agent.mailbox(), ASK_AGAIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FencedException("the worker's thread was interrupted");
    }
  }

  /** The master does not lend to a group that ends, and others wait for this rank. */
  private void requireCurrent() {
    var mailbox = agent.mailbox();
    mailbox.requireUnfenced();
    long generation = communicator.generation();
    if (mailbox.stop() != null) {
      communicator.abort("a rank was told to stop: rank=" + communicator.rank());
    }
    if (mailbox.stop() != null
        || mailbox.supersedes(generation)
        || agent.page().revokedGeneration() >= generation) {
      throw new GroupRevokedException(communicator.group(), generation, "no ranges any more");
    }
  }
}
