package dev.muster.worker.link;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.QueueOfferResult;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * The stream side of a link: a bounded queue towards the network and a switch that cuts both
 * directions. Any thread.
 */
final class Outbound {
  /** For a peer that does not take what was queued before the close. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final ActorSystem<?> system;
  private final LinkLimits limits;
  private final SharedKillSwitch cut = KillSwitches.shared("link");
  private final AtomicLong queuedBytes = new AtomicLong();
  private final BoundedSourceQueue<ByteString> queue;
  private final Source<ByteString, NotUsed> source;

  Outbound(ActorSystem<?> system, LinkLimits limits) {
    this.system = system;
    this.limits = limits;
    var pair = Source.<ByteString>queue(limits.outboundFrames()).preMaterialize(system);
    this.queue = pair.first();
    this.source = pair.second();
  }

  /**
   * @param onEnd gets null at the regular end of the inbound stream
   */
  Flow<ByteString, ByteString, NotUsed> flow(
      Consumer<ByteString> onBytes, Consumer<Throwable> onEnd) {
    Sink<ByteString, NotUsed> in =
        Flow.<ByteString>create()
            .via(cut.flow())
            .toMat(Sink.foreach(onBytes::accept), (left, end) -> whenEnded(left, end, onEnd));
    return Flow.fromSinkAndSourceCoupled(in, source.map(this::taken).via(cut.flow()));
  }

  private static NotUsed whenEnded(
      NotUsed left, CompletionStage<Done> end, Consumer<Throwable> onEnd) {
    end.whenComplete((done, failure) -> onEnd.accept(unwrapped(failure)));
    return left;
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** False: full, the frame was not taken. A frame offered after the end is dropped silently. */
  boolean offer(byte[] frame) {
    if (queuedBytes.addAndGet(frame.length) > limits.outboundBytes()) {
      return false;
    }
    return queue.offer(ByteString.fromArrayUnsafe(frame)) != QueueOfferResult.dropped();
  }

  String full() {
    return "queuedBytes="
        + queuedBytes
        + " limitBytes="
        + limits.outboundBytes()
        + " limitFrames="
        + limits.outboundFrames();
  }

  void complete() {
    try {
      queue.complete();
      scheduleOnce(LINGER, cut::shutdown);
    } catch (IllegalStateException ended) {
      // completed before, by us or because the connection ended: there is nothing left to flush
    }
  }

  void abort() {
    cut.abort(new IllegalStateException("link aborted"));
  }

  void scheduleOnce(Duration delay, Runnable action) {
    system.scheduler().scheduleOnce(delay, action, system.executionContext());
  }

  private ByteString taken(ByteString frame) {
    queuedBytes.addAndGet(-frame.length());
    return frame;
  }
}
