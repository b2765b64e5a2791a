package dev.muster.simulator.cluster;

import dev.muster.protocol.Member;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.simulator.World;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * How the calm nodes of a group are told of its end and of the next one, all at once: a few events
 * of the world instead of some for every rank. As soon as something happens to one of them while
 * messages are on the way, these are sent after all.
 */
final class Regrouping {
  private final World world;
  private final Answers answers;
  private final List<Wave> waves = new ArrayList<>(); // under way
  private ToAgent.Form needFor;
  private BitSet need = new BitSet();
  private int place; // among the nodes of a group, of the one that was ordered last

  Regrouping(World world, Answers answers) {
    this.world = world;
    this.answers = answers;
  }

  /** One order on its way to many nodes. */
  private final class Wave {
    final ToAgent order;
    final Timetable<Turn> turns = new Timetable<>(world.nowNs());
    boolean dissolved;

    Wave(ToAgent order) {
      this.order = order;
    }

    void leaves() {
      if (!dissolved) {
        long lastNs = turns.atNs(turns.last());
        at(turns.atNs(turns.first()), () -> arrivesAt(turns.get(turns.first())));
        at(lastNs, this::arrives);
        turns.forEach(turn -> turn.node().following().busyUntil(lastNs));
        if (order instanceof ToAgent.Revoke revoke) {
          answers.revoked(turns, revoke.generation());
        }
      }
    }

    private void at(long atNs, Runnable what) {
      world.after(
          atNs - world.nowNs(),
          () -> {
            if (!dissolved) {
              what.run();
            }
          });
    }

    private void arrivesAt(Turn turn) {
      if (order instanceof ToAgent.Revoke) {
        turn.obey();
      } else {
        turn.enter();
      }
    }

    private void arrives() {
      waves.remove(this);
      turns.forEach(this::arrivesAt);
    }
  }

  /** Returns the order as the first of its nodes got it: a copy each would be too much. */
  ToAgent sent(ToAgent order, Turn turn, long arrivalNs) {
    var wave = wave(order);
    wave.turns.add(turn, arrivalNs);
    return wave.order;
  }

  private Wave wave(ToAgent order) {
    if (!waves.isEmpty() && leavesNow(waves.getLast(), order)) {
      return waves.getLast();
    }
    var wave = new Wave(order);
    waves.add(wave);
    world.after(0, wave::leaves);
    return wave;
  }

  private boolean leavesNow(Wave wave, ToAgent order) {
    return wave.order.getClass() == order.getClass()
        && generation(wave.order) == generation(order)
        && wave.turns.sinceNs() == world.nowNs();
  }

  private static long generation(ToAgent order) {
    return order instanceof ToAgent.Form form
        ? form.group().generation().number()
        : ((ToAgent.Revoke) order).generation().number();
  }

  /** Ranks that do not hold the state. */
  BitSet needState(ToAgent.Form order) {
    if (needFor != order) {
      needFor = order;
      need = new BitSet();
      order.needState().forEach(need::set);
    }
    return need;
  }

  /** The nodes of a group are told in the order of their places. */
  List<Member> members(ToAgent.Form order, SimulatedNode on) {
    place = order.group().positionOf(on.id(), place + 1);
    return place < 0 ? List.of() : order.group().at(place);
  }

  /** All members that are computed pass this at the same moment. */
  void passed(SimulatedGroup group, Milestone milestone) {
    var turns = new Timetable<Turn>(world.nowNs());
    for (var node : group.nodes()) {
      var following = node.following();
      if (following.follows(group)) {
        turns.add(following.turn(), following.arrivalNs(world.nowNs()));
        if (milestone == Milestone.STEPPED) {
          following.completed();
        }
      }
    }
    answers.reached(turns, group, milestone);
  }

  /** Something happens to a node of these: what is on the way is sent after all. */
  void dissolve() {
    var all = List.copyOf(waves);
    waves.clear();
    all.forEach(wave -> wave.dissolved = true);
    answers.dissolve();
    all.forEach(wave -> wave.turns.forEach(turn -> turn.node().settle()));
  }
}
