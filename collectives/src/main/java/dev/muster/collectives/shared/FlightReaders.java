package dev.muster.collectives.shared;

import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Sight;
import dev.muster.collectives.flight.Standing;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The flight recorders of a group as they appear in its directory, by rank. One thread. */
public final class FlightReaders {
  private final Groups.Spec spec;
  private final Arena arena;
  private final FlightReader[] readers; // null where none was found yet

  public FlightReaders(Groups.Spec spec, Arena arena) {
    this.spec = spec;
    this.arena = arena;
    this.readers = new FlightReader[spec.worldSize()];
  }

  private FlightReader reader(int rank) {
    if (readers[rank] == null) {
      readers[rank] = FlightReader.open(SegmentFiles.recorder(spec, rank), arena);
    }
    return readers[rank];
  }

  /** Of all ranks, by rank. */
  public List<Standing> standings() {
    for (int rank = 0; rank < readers.length; rank++) {
      reader(rank); // all of them: who waits for whom is told from both
    }
    var standings = new ArrayList<Standing>();
    for (int rank = 0; rank < readers.length; rank++) {
      standings.add(
          readers[rank] == null ? Standing.unknown(rank) : readers[rank].standing(readers));
    }
    return standings;
  }

  /**
   * Of the ranks of this host that have one.
   *
   * @param last at most so many calls of each, the newest
   */
  public List<Recording> recordings(int last) {
    var recordings = new ArrayList<Recording>();
    for (int rank = 0; rank < readers.length; rank++) {
      var reader = reader(rank);
      if (reader != null && !reader.mirror()) {
        recordings.add(reader.recording(last));
      }
    }
    return recordings;
  }

  /** What other hosts should know of a rank of this one; empty before it joins. */
  public Optional<Sight> sight(int rank) {
    return Optional.ofNullable(reader(rank)).map(FlightReader::sight);
  }
}
