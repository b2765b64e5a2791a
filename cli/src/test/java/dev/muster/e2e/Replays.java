package dev.muster.e2e;

import dev.muster.master.job.JobConfig;
import dev.muster.master.wiring.RunJournal;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.simulator.replay.JournalReplay;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What the journal of a run that has ended comes to when it is decided again. */
final class Replays {
  private Replays() {}

  /** Empty when every decision is the same. */
  static String difference(RunFolder folder) {
    try {
      var settings = JobSpecReader.read(List.of(folder.job()), Map.of());
      var config = JobConfig.of(folder.run(), settings);
      var verdict = JournalReplay.play(config, RunJournal.read(folder), entry -> {});
      return verdict.firstDifference().map(first -> folder + ": " + first).orElse("");
    } catch (IOException | JobSpecException unreadable) {
      return folder + ": " + unreadable.getMessage();
    }
  }
}
