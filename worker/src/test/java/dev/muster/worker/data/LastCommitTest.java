package dev.muster.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastCommitTest {
  @TempDir Path folder;

  private Path log(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void givenLogsOfTwoGenerations_whenAsked_thenTheNewestGenerationWinsOverTheLargestStep()
      throws IOException {
    var old = log("a.log", "H 100 4\nD 1 9 0 1,2\nC 1 9\n");
    var recent = log("b.log", "H 100 4\nD 2 1 0 1,2\nC 2 1\nD 2 2 0 5,6\n");
    assertThat(LastCommit.of(List.of(old, recent))).isEqualTo(new LastCommit(2, 1));
  }

  @Test
  void givenTornLastLine_whenAsked_thenItDidNotHappen() throws IOException {
    var torn = log("a.log", "H 100 4\nC 1 9\nD 1 10 0 1,2\nC 1 1");
    assertThat(LastCommit.of(List.of(torn))).isEqualTo(new LastCommit(1, 9));
  }

  @Test
  void givenNoCommit_whenAsked_thenNone() throws IOException {
    assertThat(
            LastCommit.of(List.of(log("a.log", ""), log("b.log", "H 100 4\nD 1 1 0 1\n"))).step())
        .isZero();
    assertThat(LastCommit.of(List.of()).generation()).isZero();
  }
}
