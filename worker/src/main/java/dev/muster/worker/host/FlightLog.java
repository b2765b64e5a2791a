package dev.muster.worker.host;

import dev.muster.collectives.flight.Diagnosis;
import dev.muster.collectives.flight.FlightReport;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import dev.muster.worker.agent.AgentAction.GroupKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of an agent that keeps what the flight recorders of a group said when it ended: their
 * own files go with the group. One thread.
 */
final class FlightLog {
  private static final Logger LOG = LoggerFactory.getLogger(FlightLog.class);
  static final int CALLS = 8; // of each rank
  private static final long SIZE_BYTES_MAX = 16 << 20; // thousands of groups: the first tell enough

  private final Path file;

  FlightLog(Path file) {
    this.file = file;
  }

  void keep(GroupKey group, String reason, List<Standing> standings, List<Recording> recordings) {
    if (recordings.isEmpty()) {
      return;
    }
    long nowNs = System.nanoTime();
    var diagnosis = Diagnosis.decide(OpenGroups.GROUP, standings, List.of(), nowNs);
    var text = new StringBuilder();
    text.append("generation ").append(group.generation()).append(" ended: ").append(reason);
    text.append('\n');
    FlightReport.lines(OpenGroups.GROUP, diagnosis, recordings, CALLS, nowNs)
        .forEach(line -> text.append(line).append('\n'));
    append(text.toString());
  }

  private void append(String text) {
    try {
      if (Files.notExists(file) || Files.size(file) < SIZE_BYTES_MAX) {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    } catch (IOException e) {
      LOG.warn("cannot keep what flight recorders say: file={}", file, e);
    }
  }
}
