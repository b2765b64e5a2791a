package dev.muster.cli.elastic;

import dev.muster.cli.UserError;
import dev.muster.master.job.JobConfig;
import dev.muster.master.wiring.RunJournal;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.simulator.replay.JournalReplay;
import dev.muster.simulator.replay.Replayed;
import dev.muster.worker.data.OrderAudit.Formed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The groups of a run as its journal, decided again, forms them.
 *
 * @param groups in order
 * @param verdict whether the same was decided
 */
record JournalGroups(List<Formed> groups, JournalReplay.Verdict verdict) {
  private static final Pattern FORMED =
      Pattern.compile("generation\\.formed: generation (\\d+): (\\d+) workers from step (\\d+):.*");

  /**
   * @throws UserError the run's job is not readable
   */
  static JournalGroups of(RunFolder folder) throws IOException {
    var groups = new ArrayList<Formed>();
    var verdict =
        JournalReplay.play(config(folder), RunJournal.read(folder), entry -> take(entry, groups));
    return new JournalGroups(List.copyOf(groups), verdict);
  }

  private static void take(Replayed entry, List<Formed> groups) {
    for (var decision : entry.decided()) {
      var formed = FORMED.matcher(decision);
      if (formed.matches()) {
        groups.add(
            new Formed(
                Long.parseLong(formed.group(1)),
                Integer.parseInt(formed.group(2)),
                Long.parseLong(formed.group(3))));
      }
    }
  }

  private static JobConfig config(RunFolder folder) {
    try {
      return JobConfig.of(folder.run(), JobSpecReader.read(List.of(folder.job()), Map.of()));
    } catch (JobSpecException wrong) {
      throw UserError.broken("the run's job cannot be read: " + wrong.getMessage());
    }
  }
}
