package dev.muster.simulator.cluster;

import dev.muster.master.job.JobEvent;
import dev.muster.protocol.Generation;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.simulator.World;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;

/**
 * What calm nodes answer the master, computed. Only the last of many answers can decide something
 * and is sent; the master hears the others before whatever it hears next. Among themselves they
 * change nothing for each other, so they are heard in the order of their nodes.
 */
final class Answers {
  private final World world;
  private final Cluster cluster;
  private final List<Batch> batches = new ArrayList<>();

  Answers(World world, Cluster cluster) {
    this.world = world;
    this.cluster = cluster;
  }

  /** An answer of every node to the same thing. */
  private static final class Batch {
    final Timetable<Turn> from;
    final ToLongFunction<Turn> sentNs;
    final Function<Turn, ToMaster> message;
    final Generation generation;
    final Milestone milestone; // null: the end of the group
    final BitSet heard = new BitSet();
    boolean closing; // the last one arrives now
    boolean dissolved;

    Batch(
        Timetable<Turn> from,
        Generation generation,
        Milestone milestone,
        ToLongFunction<Turn> sentNs,
        Function<Turn, ToMaster> message) {
      this.from = from;
      this.generation = generation;
      this.milestone = milestone;
      this.sentNs = sentNs;
      this.message = message;
    }

    boolean isLike(ToMaster answer) {
      return answer instanceof ToMaster.Reached reached
          ? reached.milestone() == milestone && reached.generation().equals(generation)
          : answer instanceof ToMaster.Revoked revoked
              && milestone == null
              && revoked.generation().equals(generation);
    }

    /** Those not heard yet that have arrived by then; not the last one, which is sent. */
    void hear(long nowNs, BiConsumer<Turn, Long> what) {
      if (nowNs >= from.atNs(from.first())) {
        unheard(i -> {
          if (from.atNs(i) <= nowNs && i != from.last()) {
            heard.set(i);
            what.accept(from.get(i), from.atNs(i));
          }
        });
      }
    }

    void unheard(IntConsumer what) {
      for (int i = heard.nextClearBit(0); i < from.size(); i = heard.nextClearBit(i + 1)) {
        what.accept(i);
      }
    }
  }

  /** Each is told to end the group, and answers a moment later. */
  void revoked(Timetable<Turn> told, Generation generation) {
    var from = new Timetable<Turn>(world.nowNs());
    told.forEach(turn -> from.add(turn, turn.node().following().arrivalNs(turn.answeredNs())));
    send(new Batch(from, generation, null, Turn::answeredNs, Turn::answer));
  }

  void reached(Timetable<Turn> from, SimulatedGroup group, Milestone milestone) {
    long sentNs = world.nowNs();
    var generation = group.form().group().generation();
    send(
        new Batch(
            from,
            generation,
            milestone,
            turn -> sentNs,
            turn -> group.reached(turn.node(), milestone)));
  }

  private void send(Batch batch) {
    if (!batch.from.isEmpty()) {
      batches.add(batch);
      long lastNs = batch.from.atNs(batch.from.last());
      world.after(lastNs - world.nowNs(), () -> last(batch));
    }
  }

  private void last(Batch batch) {
    if (!batch.dissolved) {
      var turn = batch.from.get(batch.from.last());
      batch.closing = true;
      world.arrive(turn.node().peer(), PeerId.MASTER, batch.message.apply(turn));
      batches.remove(batch);
    }
  }

  /** The master hears those that have come by now. */
  void hear(Core<JobEvent> master, Effects<JobEvent> fx) {
    for (var batch : batches) {
      batch.hear(
          fx.nowNs(), (turn, atNs) -> hear(master, batch.message.apply(turn), turn, atNs, fx));
    }
  }

  /**
   * Whether this answer is one of many to the same thing, of which the last is still to come: it
   * decides nothing either, and need not wait for those that were to be heard before.
   */
  boolean isNotTheLast(ToMaster answer) {
    for (var batch : batches) {
      if (batch.closing || !batch.isLike(answer)) {
        return false;
      }
    }
    return true;
  }

  private static void hear(
      Core<JobEvent> master, ToMaster answer, Turn of, long atNs, Effects<JobEvent> fx) {
    master.on(new JobEvent.FromAgent(of.node().id(), answer), new Late(fx, atNs));
  }

  /** What has left is sent with its arrival; who has not answered yet is played. */
  void dissolve() {
    if (batches.isEmpty()) {
      return;
    }
    cluster.masterHearsAnswers();
    var all = List.copyOf(batches);
    batches.clear();
    all.forEach(batch -> batch.dissolved = true);
    for (var batch : all) {
      batch.unheard(i -> dissolve(batch, batch.from.get(i), batch.from.atNs(i)));
    }
  }

  private void dissolve(Batch batch, Turn turn, long arrivalNs) {
    if (batch.sentNs.applyAsLong(turn) <= world.nowNs()) {
      world.sent(turn.node().peer(), PeerId.MASTER, batch.message.apply(turn), arrivalNs);
    } else {
      turn.node().settle();
    }
  }

  /** Effects of an answer that is heard after its time: it decides nothing. */
  private static final class Late extends ForwardingEffects<JobEvent> {
    private final long atNs;

    Late(Effects<JobEvent> present, long atNs) {
      over(present);
      this.atNs = atNs;
    }

    @Override
    public long nowNs() {
      return atNs;
    }

    @Override
    public void send(PeerId to, Message message) {
      throw decides(message);
    }

    @Override
    public void timer(String key, long delayNs, JobEvent event) {
      throw decides(event);
    }

    @Override
    public void perform(Action action) {
      throw decides(action);
    }

    private static IllegalStateException decides(Object what) {
      return new IllegalStateException("an answer heard late decided something: " + what);
    }
  }
}
