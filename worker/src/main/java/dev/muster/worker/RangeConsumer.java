package dev.muster.worker;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToMaster.DatasetVerb;
import dev.muster.worker.runtime.ConsumerLink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process that takes ranges of datasets and is in no group: one that reads and prepares data for
 * ranks. It takes a range, reads what it stands for, and hands both to a rank, whose step then
 * {@link RangeSource#claim}s the range: from then on it is the step's. Until then the consumer
 * holds it while it says something once per lease ({@code muster.master.lease}); what it does not
 * hold any more is lent to others. Ranges never outlive their generation.
 *
 * <p>Any thread, one call at a time.
 */
public final class RangeConsumer implements AutoCloseable {
  private final ConsumerLink link;

  private RangeConsumer(ConsumerLink link) {
    this.link = link;
  }

  /**
   * @param pass {@code agents/NODE.pass} in the run folder, of a node on this host
   * @throws IOException no agent is there, or it does not let this process in (definite)
   */
  public static RangeConsumer connect(Path pass) throws IOException {
    return new RangeConsumer(ConsumerLink.open(ConsumerPass.read(pass)));
  }

  /** What its ranges are held under. */
  public WorkerId id() {
    return link.id();
  }

  /**
   * A partition of a stream is there up to {@code end}, see {@link RangeSource#offer}. Waits for
   * the master.
   *
   * @throws IllegalStateException the dataset is no stream
   * @throws IOException the agent is gone (indefinite)
   */
  public synchronized void offer(String dataset, String partition, long end) throws IOException {
    RangeSource.requireName(partition);
    var reply = link.ask(0, dataset, DatasetVerb.OFFER, partition, 0, end);
    if (!reply.problem().isEmpty()) {
      throw new IllegalStateException(reply.problem());
    }
  }

  /**
   * The next range, held from now on; empty when nothing is there now, all is lent, or no group
   * trains. Waits for the master.
   *
   * @param atMost offsets or positions that there is room for
   * @throws IllegalStateException no trainer names the dataset
   * @throws IOException the agent is gone; what this process held goes back (definite)
   */
  public synchronized Optional<LentRange> next(String dataset, long atMost) throws IOException {
    var reply = link.ask(0, dataset, DatasetVerb.TAKE, "", 0, atMost);
    if (!reply.problem().isEmpty()) {
      throw new IllegalStateException(reply.problem());
    }
    return reply.from() == reply.to() ? Optional.empty() : Optional.of(lent(reply));
  }

  private LentRange lent(ToWorker.DatasetReply reply) {
    return new LentRange(
        NamedDataset.parse(reply.text()),
        reply.generation(),
        link.id(),
        reply.partition(),
        reply.from(),
        reply.to());
  }

  /**
   * (A part of) a range is free for others.
   *
   * @throws StaleLeaseException it was not held any more
   * @throws IOException the agent is gone; what this process held goes back
   */
  public synchronized void giveBack(LentRange range) throws IOException {
    speak(range, DatasetVerb.GIVE_BACK);
  }

  /**
   * This process lives and goes on holding what it holds.
   *
   * @param range one of them
   * @throws StaleLeaseException it does not hold all of this range any more: a step has claimed it,
   *     its lease ran out, or the generation that it was lent within has ended
   * @throws IOException the agent is gone; what this process held goes back
   */
  public synchronized void renew(LentRange range) throws IOException {
    speak(range, DatasetVerb.RENEW);
  }

  private void speak(LentRange range, DatasetVerb verb) throws IOException {
    var reply =
        link.ask(
            range.generation(),
            range.dataset().name(),
            verb,
            range.partition(),
            range.from(),
            range.to());
    if (!reply.problem().isEmpty()) {
      throw new StaleLeaseException(reply.problem() + ": range=" + range);
    }
  }

  /** What it holds goes back at once. */
  @Override
  public void close() throws IOException {
    link.close();
  }
}
