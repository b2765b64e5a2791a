package dev.muster.collectives;

import java.lang.foreign.Arena;

/**
 * A look at a group through its control file; creates it if it is first. Closing it twice is
 * harmless.
 */
final class SharedMemoryMonitor implements GroupMonitor {
  private final Groups.Spec spec;
  private final Arena arena = Arena.ofShared();
  private final ControlFile control;
  private boolean closed;

  SharedMemoryMonitor(Groups.Spec spec) {
    this.spec = spec;
    try {
      control = ControlFile.open(spec, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public synchronized long revoke(String reason) {
    return control.revoke(reason);
  }

  @Override
  public synchronized boolean revoked() {
    return control.revoked();
  }

  @Override
  public synchronized long committedStep() {
    return control.committedStep();
  }

  @Override
  public synchronized long[] arrivals() {
    long[] arrivals = new long[spec.worldSize()];
    for (int rank = 0; rank < arrivals.length; rank++) {
      arrivals[rank] = control.arrivals(rank);
    }
    return arrivals;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
