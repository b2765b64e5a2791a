package dev.muster.cli.process;

import dev.muster.cli.UserError;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.util.List;

/** Which worker has a rank, or had it last. */
public final class RankHistory {
  private final RunFolder folder;

  public RankHistory(RunFolder folder) {
    this.folder = folder;
  }

  /**
   * The worker's id, {@code node/number}: from the newest snapshot, else from the last event that
   * names both.
   *
   * @throws UserError nobody ever had it
   */
  public String worker(int rank) throws IOException {
    var progress = RunFiles.read(folder.progress(), Progress.class).orElse(Progress.NONE);
    for (var member : progress.ranks()) {
      if (member.rank() == rank) {
        return member.worker();
      }
    }
    return lastInEvents(rank);
  }

  private String lastInEvents(int rank) throws IOException {
    String last = null;
    var tail = new EventTail(folder.events());
    for (var events = tail.poll(); !events.isEmpty(); events = tail.poll()) {
      for (var event : events) {
        if (event.fields().get("members") instanceof List<?> members && rank < members.size()) {
          last = members.get(rank).toString();
        } else if (event.fields().get("rank") instanceof Number n
            && n.intValue() == rank
            && event.fields().get("worker") instanceof String worker) {
          last = worker;
        }
      }
    }
    if (last == null) {
      throw UserError.failed("no worker has had that rank: rank=" + rank + " run=" + folder.run());
    }
    return last;
  }
}
