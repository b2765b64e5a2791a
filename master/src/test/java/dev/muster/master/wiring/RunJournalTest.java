package dev.muster.master.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.master.journal.JournalFile;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal is read from the folder of its run, and what is wrong with one is said. */
class RunJournalTest {
  private static final JournalEntry STARTED =
      new JournalEntry(5, new JobEvent.Started(1, false, 0), List.of("job.detail: waiting"));
  private static final JournalEntry LOST =
      new JournalEntry(7, new JobEvent.LinkLost(new NodeId("n0"), "end of file"), List.of());

  @TempDir private Path directory;
  private RunFolder folder;

  @BeforeEach
  void create() throws IOException {
    folder = RunFolder.create(directory.resolve("r1"));
  }

  private void write(byte[]... payloads) throws SQLException {
    var sql =
        """
        INSERT INTO "event_journal" ("persistence_id", "sequence_number", "writer", "write_timestamp",
          "adapter_manifest", "event_payload", "event_ser_id", "event_ser_manifest")
        VALUES ('master', ?, 'w', 0, '', ?, 4, '')\
        """;
    try (var open = new JournalFile(folder.journal()).open();
        var insert = open.prepareStatement(sql)) {
      for (int n = 0; n < payloads.length; n++) {
        insert.setLong(1, n + 1L);
        insert.setBytes(2, payloads[n]);
        insert.execute();
      }
    }
  }

  private static byte[] encoded(JournalEntry entry) {
    return new JobCodec().encode(entry);
  }

  private void assertUnreadable(String... why) {
    assertThatThrownBy(() -> RunJournal.read(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(why);
  }

  @Test
  void givenEntries_whenRead_thenTheyComeBackInOrder() throws Exception {
    write(encoded(STARTED), encoded(LOST));
    assertThat(RunJournal.read(folder)).containsExactly(STARTED, LOST);
  }

  @Test
  void givenNoJournal_whenRead_thenItSaysWhereItLooked() {
    assertUnreadable("no journal", folder.journal().toString());
  }

  @Test
  void givenAnotherFormat_whenRead_thenBothNumbersAreSaid() throws Exception {
    var other = encoded(LOST);
    other[0] = JobCodec.FORMAT + 1;
    write(encoded(STARTED), other);
    assertUnreadable(
        "expected format=" + JobCodec.FORMAT + " actual=" + (JobCodec.FORMAT + 1), "entry=2 of 2");
  }

  @Test
  void givenEntriesOfBeforeFormatsHadNumbers_whenRead_thenTheyAreCalledTheFirst() throws Exception {
    var numbered = encoded(STARTED);
    write(java.util.Arrays.copyOfRange(numbered, 1, numbered.length));
    assertUnreadable("expected format=" + JobCodec.FORMAT + " actual=1");
  }

  @Test
  void givenADamagedEntry_whenRead_thenItsNumberIsSaid() throws Exception {
    var torn = encoded(STARTED);
    write(encoded(STARTED), java.util.Arrays.copyOf(torn, torn.length / 2));
    assertUnreadable("it is damaged", "entry=2 of 2");
  }

  @Test
  void givenADamagedFile_whenRead_thenItIsRefused() throws Exception {
    write(encoded(STARTED));
    var file = folder.journal().resolve("master.mv.db");
    Files.write(file, new byte[(int) Files.size(file)], StandardOpenOption.TRUNCATE_EXISTING);
    assertUnreadable("cannot be opened");
  }
}
