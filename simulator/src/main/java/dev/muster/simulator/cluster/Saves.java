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
import java.util.HashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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
      var together = new HashMap<SimulatedNode, Integer>();
      group.members((node, worker) -> together.merge(node, saves(worker) ? 1 : 0, Integer::sum));
      var state = group.stateAt(step);
      var longest = new AtomicLong();
      group.members((node, worker) -> {
        long tookNs = begin(node, worker, step, state, together.get(node));
        longest.accumulateAndGet(tookNs, Math::max);
      });
      group.holdUp(longest.get(), world.nowNs());
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

  private static boolean saves(SimulatedWorker worker) {
    return worker.saveEvery() > 0;
  }

  /** How long it takes, 0 when it saves nothing. */
  private long begin(
      SimulatedNode node, SimulatedWorker worker, long step, StateId state, int together) {
    if (!saves(worker)) {
      return 0;
    }
    var header = header(worker, step);
    var begun = node.memory().begin(Errands.name(worker.id), header, state);
    return begun.map(save -> begin(node, worker, save, together)).orElse(0L);
  }

  private long begin(
      SimulatedNode node, SimulatedWorker worker, HostMemory.Writing save, int together) {
    var header = save.header();
    long newNs = save.allocates() ? saving.allocateNs(together) : 0;
    long saveNs = newNs + copyNs(worker, header.step(), together);
    long blockedNs = saving.blockedNs(saveNs, worker.group.stepNs(), together);
    node.later(saveNs, () -> complete(node, worker, save, blockedNs));
    return saveNs;
  }

  private long copyNs(SimulatedWorker worker, long step, int together) {
    double share =
        CounterRandom.unit(CounterRandom.mix(world.seed(), "save", worker.id.hashCode(), step));
    return (long) (saving.saveNs(together) * (1 + share * (saving.copySpread() - 1)));
  }

  private void complete(
      SimulatedNode node, SimulatedWorker worker, HostMemory.Writing save, long blockedNs) {
    if (!worker.gone && !worker.hung) {
      save.complete();
      long generation = save.header().generation().number();
      long stepNs = worker.group.stepNs();
      var saved = new FromWorker.Saved(generation, save.header().step(), blockedNs, stepNs);
      node.tell(new AgentEvent.Said(worker.id, saved));
    }
  }
}
