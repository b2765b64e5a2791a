package dev.muster.simulator.cluster;

import dev.muster.protocol.Generation;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToMaster.Snapshot;
import dev.muster.simulator.World;
import dev.muster.simulator.checkpoint.HostMemory;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.checkpoint.StateId;
import dev.muster.worker.agent.AgentEvent;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The saves of a group: each begins when its step is committed, and is complete on every host
 * before the next step is agreed upon, unless its worker dies or hangs before.
 */
final class Saves {
  private final World world;
  private final Saving saving;
  private final long lastStep;
  private final Consumer<SimulatedGroup> changed;

  /**
   * @param changed told of a group that saves more or less often from now on
   */
  Saves(World world, Saving saving, long lastStep, Consumer<SimulatedGroup> changed) {
    this.world = world;
    this.saving = saving;
    this.lastStep = lastStep;
    this.changed = changed;
  }

  /** The group trains, or does so at another speed: when the next save begins is known anew. */
  void arm(SimulatedGroup group) {
    if (saving.on() && group.trains(world.nowNs()) && group.savedTo() < lastStep) {
      arm(group, nextAfter(group, group.savedTo()));
    }
  }

  private long nextAfter(SimulatedGroup group, long step) {
    long every = group.saveEvery();
    return Math.min((step / every + 1) * every, lastStep);
  }

  private void arm(SimulatedGroup group, long step) {
    long ticket = group.nextTicket();
    world.after(
        group.leftNs(step, world.nowNs()),
        () -> {
          if (group.trains(world.nowNs()) && group.holdsTicket(ticket)) {
            begin(group, step);
          }
        });
  }

  private void begin(SimulatedGroup group, long step) {
    group.savedTo(step);
    if (everyoneCan(group, step)) {
      group.members((node, worker) -> begin(node, worker, step, group.stateAt(step)));
    }
    if (step < lastStep) {
      settle(group, step);
      arm(group, nextAfter(group, step));
    }
  }

  /** Those who save agree, with a save, how often they do from there on. */
  private void settle(SimulatedGroup group, long step) {
    group.orderedSaves().stream()
        .filter(steps -> steps != group.saveEvery())
        .forEach(steps -> {
          group.saveEvery(step, steps);
          changed.accept(group);
        });
  }

  /** Ranks with a shard each save together or not at all. */
  private static boolean everyoneCan(SimulatedGroup group, long step) {
    var blocked = new AtomicInteger();
    group.members((node, worker) -> {
      boolean together = worker.form.shards() == group.worldSize();
      if (together && !node.memory().canBegin(Errands.name(worker.id), header(worker, step))) {
        blocked.incrementAndGet();
      }
    });
    return blocked.get() == 0;
  }

  private static Snapshot header(SimulatedWorker worker, long step) {
    var generation = new Generation(worker.form.generation());
    return new Snapshot(generation, step, worker.form.shard(), worker.form.shards());
  }

  private void begin(SimulatedNode node, SimulatedWorker worker, long step, StateId state) {
    if (worker.saveEvery() > 0) {
      var header = header(worker, step);
      node.memory()
          .begin(Errands.name(worker.id), header, state)
          .ifPresent(
              save -> node.later(saveNs(worker, step), () -> complete(node, worker, header, save)));
    }
  }

  private long saveNs(SimulatedWorker worker, long step) {
    double share =
        CounterRandom.unit(CounterRandom.mix(world.seed(), "save", worker.id.hashCode(), step));
    return (long) (saving.saveNs() * (1 + share * (Saving.SPREAD - 1)));
  }

  private void complete(
      SimulatedNode node, SimulatedWorker worker, Snapshot header, HostMemory.Writing save) {
    if (!worker.gone && !worker.hung) {
      save.complete();
      long stepNs = worker.group.stepNs();
      var saved =
          new FromWorker.Saved(
              header.generation().number(), header.step(), saving.blockedNs(stepNs), stepNs);
      node.tell(new AgentEvent.Said(worker.id, saved));
    }
  }
}
