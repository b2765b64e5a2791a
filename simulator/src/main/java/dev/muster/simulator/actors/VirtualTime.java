package dev.muster.simulator.actors;

import dev.muster.simulator.World;
import org.apache.pekko.actor.setup.Setup;

/**
 * What ties one actor system to one world. Handed to the system at its start, where dispatchers and
 * scheduler find it: no static state, so that worlds can run side by side on threads of their own.
 */
final class VirtualTime extends Setup {
  final World world;
  final ReadyQueue ready = new ReadyQueue();
  private boolean resumes = true;
  private ActorHost<?> current; // null: the actor system itself

  VirtualTime(World world) {
    this.world = world;
  }

  /** No master will be resumed in this world, so nobody will read its journal. */
  void neverResumes() {
    resumes = false;
  }

  boolean resumes() {
    return resumes;
  }

  /** Runs a part of a process; what it arms belongs to it. */
  void as(ActorHost<?> process, Runnable part) {
    var outer = current;
    current = process;
    try {
      part.run();
    } finally {
      current = outer;
    }
  }

  /** The process whose core handles an event now, null between events. */
  ActorHost<?> current() {
    return current;
  }

  /** Runs {@code task} and all that follows from it at this moment. */
  void play(Runnable task) {
    task.run();
    ready.drain();
  }
}
