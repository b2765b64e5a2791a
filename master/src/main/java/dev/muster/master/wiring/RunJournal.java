package dev.muster.master.wiring;

import dev.muster.master.job.JournalEntry;
import dev.muster.master.journal.JournalFile;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The journal of a run, read from its folder without a master. */
public final class RunJournal {
  private RunJournal() {}

  /**
   * Every entry, oldest first.
   *
   * @throws IOException the journal is missing, in use by a living master, damaged, or of another
   *     format; the message says which
   */
  public static List<JournalEntry> read(RunFolder folder) throws IOException {
    var file = folder.journal().resolve("master.mv.db");
    if (!Files.isRegularFile(file)) {
      throw new IOException("no journal: file=" + file);
    }
    return decoded(payloads(folder));
  }

  private static List<byte[]> payloads(RunFolder folder) throws IOException {
    try {
      return new JournalFile(folder.journal()).read();
    } catch (SQLException unreadable) {
      throw new IOException(
          "the journal cannot be opened: folder="
              + folder.journal()
              + " reason="
              + unreadable.getMessage()
              + "; a living master keeps it locked, else it is damaged",
          unreadable);
    }
  }

  private static List<JournalEntry> decoded(List<byte[]> payloads) throws IOException {
    var codec = new JobCodec();
    var entries = new ArrayList<JournalEntry>(payloads.size());
    for (var payload : payloads) {
      try {
        entries.add((JournalEntry) codec.decode(payload));
      } catch (IllegalStateException | ClassCastException damaged) {
        throw new IOException(
            damaged.getMessage() + "; entry=" + (entries.size() + 1) + " of " + payloads.size(),
            damaged);
      }
    }
    return entries;
  }
}
