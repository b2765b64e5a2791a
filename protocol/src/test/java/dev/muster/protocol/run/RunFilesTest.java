package dev.muster.protocol.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.core.Observation;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
  @TempDir Path temp;

  @Test
  void givenProgress_whenWrittenAndRead_thenEqual() throws IOException {
    var progress =
        new Progress(
            RunState.RUNNING,
            "",
            3,
            41,
            300,
            2.5,
            Double.NaN,
            "tokens",
            4,
            4,
            1,
            2,
            1000,
            List.of(new Progress.Rank(0, "n0/0", "n0", 77, 41)));
    var file = temp.resolve("progress.json");
    RunFiles.write(file, Progress.NONE);
    RunFiles.write(file, progress);
    assertThat(RunFiles.read(file, Progress.class)).contains(progress);
    assertThat(Files.list(temp)).as("nothing left beside it").containsExactly(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void givenResult_whenWritten_thenItsJsonIsTheDocumentedOne() throws IOException {
    var recovery =
        new Recovery(
            2, "rank 2 (n0/2) lost: SIGKILL", 1, 2, 3, 4, 5, 6, Double.NaN, 1, Recovery.Kind.SPARE);
    var result =
        new Result(
            RunState.FAILED,
            1,
            "too many user errors",
            50,
            2,
            Double.NaN,
            "ab",
            List.of("line"),
            new Result.Samples(50, 800, 0, 0, true, 1),
            new FirstCause("n0/2", 2, 50, "boom", "trace"),
            List.of(recovery),
            48);
    var file = temp.resolve("result.json");
    RunFiles.write(file, result);
    assertThat(Files.readString(file))
        .isEqualTo(
            "{\"state\":\"FAILED\",\"exitCode\":1,\"reason\":\"too many user errors\",\"steps\":50,"
                + "\"generations\":2,\"finalLoss\":null,\"parametersDigest\":\"ab\",\"report\":[\"line\"],"
                + "\"samples\":{\"committedSteps\":50,\"delivered\":800,\"duplicates\":0,\"missing\":0,"
                + "\"exactlyOnce\":true,\"redoneSteps\":1},\"firstCause\":{\"worker\":\"n0/2\",\"rank\":2,"
                + "\"step\":50,\"text\":\"boom\",\"trace\":\"trace\"},\"recoveries\":[{\"generation\":2,\"cause\":\"rank"
                + " 2 (n0/2) lost: SIGKILL\",\"detectMs\":1.0,\"decideMs\":2.0,"
                + "\"revokeMs\":3.0,\"regroupMs\":4.0,\"stateMs\":5.0,\"firstStepMs\":6.0,"
                + "\"totalMs\":null,\"stepsRedone\":1,\"kind\":\"spare\"}],\"checkpointStep\":48}");
    assertThat(RunFiles.read(file, Result.class)).contains(result);
  }

  @Test
  void givenFieldsOfALaterVersion_whenRead_thenTheyAreIgnoredAndAbsentOnesAreUnknown()
      throws IOException {
    var file = temp.resolve("progress.json");
    Files.writeString(file, "{\"state\":\"FORMING\",\"colour\":\"blue\"}");
    var progress = RunFiles.read(file, Progress.class).orElseThrow();
    assertThat(progress.state()).isEqualTo(RunState.FORMING);
    assertThat(progress.loss()).isNaN();
    assertThat(progress.ranks()).isEmpty();
  }

  @Test
  void givenNoFileOrGarbage_whenRead_thenEmptyOrAnError() throws IOException {
    var file = temp.resolve("result.json");
    assertThat(RunFiles.read(file, Result.class)).isEmpty();
    Files.writeString(file, "{\"state\":");
    assertThatThrownBy(() -> RunFiles.read(file, Result.class)).isInstanceOf(IOException.class);
  }

  @Test
  void givenEventsFromTwoMasters_whenTailed_thenEachComesOnceInOrderAndTornLinesAreSkipped()
      throws IOException {
    var file = temp.resolve("events.jsonl");
    var tail = new EventTail(file);
    assertThat(tail.poll()).isEmpty();
    var first = Event.of(1, new Observation("worker.lost", "rank 2 lost", Map.of("rank", 2)));
    try (var log = EventLog.open(file)) {
      log.append(first);
    }
    assertThat(tail.poll()).containsExactly(first);
    Files.writeString(file, "{\"atEpochMillis\":2,\"to", StandardOpenOption.APPEND);
    assertThat(tail.poll()).as("an unfinished line").isEmpty();
    var second = new Event(3, "master.started", "again", Map.of());
    try (var log = EventLog.open(file)) {
      log.append(second);
    }
    assertThat(tail.poll()).containsExactly(second);
    assertThat(tail.poll()).isEmpty();
  }

  @Test
  void givenANewFolder_whenCreated_thenOnlyItsOwnerMayEnterAndASecondCreateFails()
      throws IOException {
    var folder = RunFolder.create(temp.resolve("runs/r1"));
    assertThat(folder.run().name()).isEqualTo("r1");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.root())))
        .isEqualTo("rwx------");
    assertThatThrownBy(() -> RunFolder.create(folder.root()))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
