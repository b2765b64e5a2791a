package dev.muster.simulator.drill;

import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import dev.muster.simulator.actors.ActorHosts;
import dev.muster.simulator.hocon.DrillException;

/** On what the cores of a drill run; the history is the same on either. */
public enum HostKind {
  /** Bare cores: the fastest. */
  CORE {
    @Override
    Hosts open(World world) {
      return Hosts.cores(world);
    }
  },

  /** The production actors in virtual time. */
  ACTORS {
    @Override
    Hosts open(World world) {
      return new ActorHosts(world);
    }
  };

  abstract Hosts open(World world);

  /**
   * @throws DrillException there is no such kind
   */
  public static HostKind named(String name) {
    return switch (name) {
      case "core" -> CORE;
      case "actors" -> ACTORS;
      default -> throw new DrillException("no such host: expected=core|actors actual=" + name);
    };
  }
}
