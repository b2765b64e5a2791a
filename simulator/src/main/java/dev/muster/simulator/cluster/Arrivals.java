package dev.muster.simulator.cluster;

import dev.muster.protocol.message.ToMaster.Snapshot;
import dev.muster.simulator.checkpoint.HostMemory;
import dev.muster.simulator.checkpoint.HostMemory.Buffer;
import java.util.Comparator;
import java.util.TreeMap;

/** Copies of other hosts' snapshots on their way into the memory of this one. */
final class Arrivals {
  private static final String COPY = "copy-";
  private static final Comparator<Snapshot> AGE =
      Comparator.comparing(Snapshot::generation).thenComparingLong(Snapshot::step);

  private final SimulatedNode node;
  private final HostMemory memory;
  private final TreeMap<String, Arrival> underWay = new TreeMap<>();

  Arrivals(SimulatedNode node, HostMemory memory) {
    this.node = node;
    this.memory = memory;
  }

  static boolean isCopy(String name) {
    return name.startsWith(COPY);
  }

  /**
   * @param arrival null: nothing is sent, as it is refused or here already
   * @param problem why it is refused, else empty
   */
  record Offered(Arrival arrival, String problem) {}

  /** One copy, between two agents that both live as long as it is under way. */
  final class Arrival {
    private final String name;
    private final HostMemory.Writing writing;
    private final SimulatedNode other;
    private final long otherLife;
    private final long life;

    private Arrival(String name, HostMemory.Writing writing, SimulatedNode other) {
      this.name = name;
      this.writing = writing;
      this.other = other;
      this.otherLife = other.incarnation();
      this.life = node.incarnation();
    }

    private boolean lives() {
      return node.reachable()
          && other.reachable()
          && life == node.incarnation()
          && otherLife == other.incarnation();
    }

    /** In words, why it did not arrive; empty when it is here. */
    String complete(Buffer from) {
      underWay.remove(name, this);
      if (!lives()) {
        return "the link between " + node.id() + " and " + other.id() + " broke";
      }
      if (from.damaged() || !from.holds(writing.header())) {
        return "the snapshot was damaged or taken back: name=" + name;
      }
      writing.complete();
      return "";
    }
  }

  /** The agent is gone. */
  void drop() {
    underWay.clear();
  }

  /** What a peer pushes, unless it is older than what is here. */
  Offered newer(SimulatedNode from, String name, Buffer buffer) {
    if (!node.reachable() || !from.reachable()) {
      return new Offered(null, "node " + node.id() + " does not answer");
    }
    boolean outdated =
        memory.of(copyName(name)).stream()
            .anyMatch(held -> AGE.compare(buffer.header(), held.header()) < 0);
    return outdated ? new Offered(null, "older than what is here") : any(from, name, buffer);
  }

  /** What this node asked for. */
  Offered any(SimulatedNode from, String name, Buffer buffer) {
    String copy = copyName(name);
    boolean here =
        memory.of(copy).stream()
            .anyMatch(held -> held.header().equals(buffer.header()) && !held.damaged());
    if (here) {
      return new Offered(null, "");
    }
    var other = underWay.get(copy);
    if (other != null && other.lives()) {
      return new Offered(null, "another copy of it is on its way: name=" + copy);
    }
    var writing = memory.begin(copy, buffer.header(), buffer.part().state());
    if (writing.isEmpty()) {
      return new Offered(null, "in use: name=" + copy);
    }
    var arrival = new Arrival(copy, writing.get(), from);
    underWay.put(copy, arrival);
    return new Offered(arrival, "");
  }

  /** The copy of a copy has the name of the copy. */
  private static String copyName(String name) {
    return isCopy(name) ? name : COPY + name;
  }
}
