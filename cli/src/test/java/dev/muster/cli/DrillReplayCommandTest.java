package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the replay says of a run folder that it cannot replay; real runs are replayed in e2e. */
class DrillReplayCommandTest {
  @TempDir private Path directory;
  private final StringWriter err = new StringWriter();
  private RunFolder folder;

  @BeforeEach
  void create() throws IOException {
    folder = RunFolder.create(directory.resolve("r1"));
  }

  private int replay() {
    return MusterCommand.commandLine()
        .setErr(new PrintWriter(err, true))
        .execute("drill", "replay", folder.root().toString());
  }

  @Test
  void givenNoJob_whenReplayed_thenItSaysSo() {
    assertThat(replay()).isEqualTo(ExitCodes.BROKEN);
    assertThat(err.toString()).contains("the run's job cannot be read", "job.conf");
  }

  @Test
  void givenNoJournal_whenReplayed_thenItSaysWhereItLooked() throws IOException {
    Files.writeString(folder.job(), "muster.job.workers = 2");
    assertThat(replay()).isEqualTo(ExitCodes.BROKEN);
    assertThat(err.toString()).contains("no journal", folder.journal().toString());
  }

  @Test
  void givenADamagedJournal_whenReplayed_thenItSaysSo() throws IOException {
    Files.writeString(folder.job(), "muster.job.workers = 2");
    Files.write(folder.journal().resolve("master.mv.db"), new byte[8192]);
    assertThat(replay()).isEqualTo(ExitCodes.BROKEN);
    assertThat(err.toString()).contains("the journal cannot be opened");
  }

  @Test
  void givenNoSuchRun_whenReplayed_thenItIsAnError() {
    folder = new RunFolder(directory.resolve("r2"));
    assertThat(replay()).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("no such run");
  }
}
