package dev.muster.collectives.shared;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * A look at a group through its control file; creates it if it is first. Closing it twice is
 * harmless.
 */
final class SharedMemoryMonitor implements GroupMonitor {
  private final Groups.Spec spec;
  private final Arena arena = Arena.ofShared();
  private final ControlFile control;
  private final FlightReaders recorders;
  private boolean closed;

  SharedMemoryMonitor(Groups.Spec spec) {
    this.spec = spec;
    this.recorders = new FlightReaders(spec, arena);
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
  public synchronized String reason() {
    return control.revokedException().reason();
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
  public synchronized List<Standing> standings() {
    return recorders.standings();
  }

  @Override
  public synchronized List<Recording> recordings(int last) {
    return recorders.recordings(last);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
