package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * A whole group in one process: the caller is one rank, and {@link Echo}es repeat its calls as the
 * others, on memory of their own. A rank that is alone never waits, reduces or gathers; that code
 * would still be interpreted in its first real group, the Vector API a hundred times slower than
 * compiled.
 */
final class Ensemble implements Communicator {
  /** The fewest with a reduction that has a middle. */
  static final int WORLD_SIZE = 3;

  private final Groups groups;
  private final Groups.Spec spec;
  private final GroupMonitor monitor;
  private final Communicator own;
  private final List<Echo> others;

  private Ensemble(
      Groups groups, Groups.Spec spec, GroupMonitor monitor, Communicator own, List<Echo> others) {
    this.groups = groups;
    this.spec = spec;
    this.monitor = monitor;
    this.own = own;
    this.others = others;
  }

  /** Whatever fails on one of the ranks ends the group for all of them. */
  static Ensemble join(Groups groups, Groups.Spec spec, int rank) {
    var monitor = groups.monitor(spec);
    var others = new ArrayList<Echo>();
    try {
      for (int other = 0; other < spec.worldSize(); other++) {
        if (other != rank) {
          others.add(Echo.join(groups, spec, other, monitor));
        }
      }
      return new Ensemble(groups, spec, monitor, groups.join(spec, rank), List.copyOf(others));
    } catch (RuntimeException | Error e) {
      monitor.revoke("a rank could not join: rank=" + rank + " error=" + e);
      others.forEach(Echo::close);
      monitor.close();
      groups.remove(spec);
      throw e;
    }
  }

  private void echo(BiConsumer<Communicator, Echo> call) {
    others.forEach(other -> other.call(c -> call.accept(c, other)));
  }

  @Override
  public MemorySegment allocate(long bytes) {
    var memory = own.allocate(bytes);
    others.forEach(other -> other.allocate(memory));
    return memory;
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    echo((c, e) -> {
      for (var counterpart : e.counterparts(operation, rank())) {
        c.run(counterpart, stream).await();
      }
    });
    return own.run(operation, stream);
  }

  @Override
  public void agree(long step) {
    echo((c, _) -> c.agree(step));
    own.agree(step);
  }

  @Override
  public String group() {
    return own.group();
  }

  @Override
  public long generation() {
    return own.generation();
  }

  @Override
  public int rank() {
    return own.rank();
  }

  @Override
  public int worldSize() {
    return own.worldSize();
  }

  @Override
  public long committedStep() {
    return own.committedStep();
  }

  @Override
  public void abort(String reason) {
    own.abort(reason);
  }

  /** Removes the group: an echo may still wait in a call that its caller has left. */
  @Override
  public void close() {
    own.abort("the rehearsal of this group is over");
    others.forEach(Echo::close);
    own.close();
    monitor.close();
    groups.remove(spec);
  }
}
