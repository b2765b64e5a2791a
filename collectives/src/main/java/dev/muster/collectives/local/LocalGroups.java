package dev.muster.collectives.local;

import dev.muster.collectives.Arguments;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.LanedCommunicator;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Groups of threads of one JVM: simple arrays behind one lock. The reference that other
 * implementations are tested against, and what examples and tests embed. Ranks and monitors of a
 * group must use the same instance. Any thread.
 */
public final class LocalGroups implements Groups {
  private static final int WORLD_SIZE_MAX = 1024;

  private record Key(Path directory, String group, long generation) {}

  private final Map<Key, LocalGroup> groups = new HashMap<>();

  @Override
  public Communicator join(Spec spec, int rank) {
    Arguments.spec(spec, rank, WORLD_SIZE_MAX);
    LocalGroup group = group(spec);
    group.join(rank);
    return new LanedCommunicator(new LocalCommunicator(spec, rank, group));
  }

  @Override
  public GroupMonitor monitor(Spec spec) {
    Arguments.spec(spec, 0, WORLD_SIZE_MAX);
    return new LocalMonitor(group(spec));
  }

  @Override
  public synchronized void revokeOlder(Spec spec, String reason) {
    groups.forEach((key, group) -> {
      boolean same = key.directory().equals(spec.directory()) && key.group().equals(spec.group());
      if (same && key.generation() < spec.generation()) {
        group.revoke(reason);
      }
    });
  }

  @Override
  public synchronized void remove(Spec spec) {
    groups.remove(key(spec));
  }

  private synchronized LocalGroup group(Spec spec) {
    LocalGroup group = groups.computeIfAbsent(key(spec), k -> new LocalGroup(spec));
    group.checkSame(spec);
    return group;
  }

  private static Key key(Spec spec) {
    return new Key(spec.directory(), spec.group(), spec.generation());
  }

  private record LocalMonitor(LocalGroup group) implements GroupMonitor {
    @Override
    public long revoke(String reason) {
      return group.revoke(reason);
    }

    @Override
    public boolean revoked() {
      return group.revoked();
    }

    @Override
    public String reason() {
      return group.reason();
    }

    @Override
    public long committedStep() {
      return group.committedStep();
    }

    @Override
    public long[] arrivals() {
      return group.arrivals();
    }

    @Override
    public void close() {}
  }
}
