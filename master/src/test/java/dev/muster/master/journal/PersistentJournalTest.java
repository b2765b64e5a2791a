package dev.muster.master.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentJournalTest {
  @TempDir Path folder;

  @Test
  void givenANewFolder_whenEntriesAreAppended_thenTheyAreAcknowledgedInOrderAndComeBackInOrder()
      throws Exception {
    List<Integer> acknowledged = Collections.synchronizedList(new ArrayList<>());
    var all = new CountDownLatch(200);
    try (var first = new OpenJournal(folder)) {
      assertThat(first.replayed).isEmpty();
      for (int i = 0; i < 200; i++) {
        int entry = i;
        first.journal.append(
            "entry " + i,
            () -> {
              acknowledged.add(entry);
              all.countDown();
            });
      }
      assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(acknowledged).containsExactlyElementsOf(IntStream.range(0, 200).boxed().toList());

    try (var second = new OpenJournal(folder)) {
      assertThat(second.replayed)
          .containsExactlyElementsOf(IntStream.range(0, 200).mapToObj(i -> "entry " + i).toList());
    }
  }

  @Test
  void
      givenAWriterKilledWithSigkillTwice_whenTheJournalIsOpened_thenEveryAcknowledgedEntryIsThereOnceAndInOrder()
          throws Exception {
    int acknowledged = appendUntilKilled(150);
    acknowledged = Math.max(acknowledged, appendUntilKilled(150));

    try (var open = new OpenJournal(folder)) {
      assertThat(open.replayed).hasSizeGreaterThan(acknowledged);
      assertThat(open.replayed)
          .containsExactlyElementsOf(
              IntStream.range(0, open.replayed.size()).mapToObj(Integer::toString).toList());
    }
  }

  @Test
  void givenAnotherMasterHasTheFile_whenOpened_thenItIsRefused() throws Exception {
    var child = appender();
    try (var lines = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
      assertThat(lines.readLine()).startsWith("ack");

      assertThatThrownBy(() -> new JournalFile(folder).open()).hasMessageContaining("in use");
      assertThatThrownBy(() -> new JournalFile(folder).read()).hasMessageContaining("in use");
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void givenAnEntryTheCodecDoesNotKnow_whenAppended_thenTheCallerLearnsItAtOnce() throws Exception {
    try (var open = new OpenJournal(folder)) {
      assertThatThrownBy(() -> open.journal.append(5, () -> {}))
          .isInstanceOf(ClassCastException.class);
    }
  }

  /** Returns the last acknowledged number; the kill comes in the middle of further writes. */
  private int appendUntilKilled(int acknowledgements) throws Exception {
    var child = appender();
    int last = -1;
    try (var lines = new BufferedReader(new InputStreamReader(child.getInputStream()))) {
      for (int i = 0; i < acknowledgements; i++) {
        last = Integer.parseInt(lines.readLine().substring("ack ".length()));
      }
      child
          .toHandle()
          .destroyForcibly(); // Process.destroyForcibly would close the stream we still read
      for (String line = lines.readLine();
          line != null && line.matches("ack \\d+");
          line = lines.readLine()) {
        last = Integer.parseInt(line.substring("ack ".length()));
      }
    }
    return last;
  }

  private Process appender() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            AppendForever.class.getName(),
            folder.toString())
        .redirectError(new File("/dev/null"))
        .start();
  }
}
