package dev.muster.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectivesBenchTest {
  @TempDir Path folder;

  @Test
  void givenRounds_whenCompared_thenEachWithTheBetterOfTheOthersInTheSameRound() {
    var cell = new CollectiveCell(CollectiveKind.ALL_REDUCE, 8 << 20, 2);
    double[][] seconds = {{1, 2, 3, 4}, {1, 2, 5, 0.5}, {2, 4, 8, 9}};
    for (var round : seconds) {
      for (var side : CollectiveSide.values()) {
        cell.add(side, new RankTeam.Answer(10 * round[side.ordinal()], 1), 10);
      }
      cell.addCopy(1);
    }
    assertThat(cell.ratio(CollectiveSide.SHARED)).isEqualTo(3);
    assertThat(cell.ratio(CollectiveSide.NATIVE)).isEqualTo(1.5);
    assertThat(cell.fastestRatio(CollectiveSide.SHARED)).isEqualTo(0.5);
    assertThat(cell.toString()).contains("2 allReduce     8 MiB");
    assertThat(cell.bound().strip().split(" +"))
        .as("5 of 8 MiB move in a second, and 4 when ranks copy: 125 %")
        .contains("40", "125");
  }

  @Test
  void givenKinds_whenCounted_thenEveryResultByteIsWrittenAndItsInputsRead() {
    assertThat(CollectiveKind.REDUCE_SCATTER.bytesMoved(12, 3)).isEqualTo(3 * (12 + 4));
    assertThat(CollectiveKind.ALL_REDUCE.bytesMoved(12, 3)).isEqualTo(3 * (12 + 4 + 8 + 8));
    assertThat(CollectiveKind.BROADCAST.bytesMoved(12, 3)).isEqualTo(2 * (12 + 12));
  }

  @Test
  void givenProcessesOfEverySideHere_whenMeasured_thenEachHasRightResultsAndFigures()
      throws Exception {
    var here = EnumSet.allOf(CollectiveSide.class);
    here.removeIf(side -> side.missing().isPresent());
    var notes = new ArrayList<String>();
    try (var bench = new CollectivesBench(folder, here, 2, 64 << 10, notes::add)) {
      for (var kind : List.of(CollectiveKind.ALL_REDUCE, CollectiveKind.ALL_TO_ALL)) {
        var cell = bench.run(kind, 64 << 10, 1);
        assertThat(cell.toString()).contains(kind.label());
        assertThat(Double.isNaN(cell.ratio(CollectiveSide.SHARED))).isEqualTo(here.size() == 2);
      }
      assertThat(bench.waiting()).hasSize(here.size());
    }
    assertThat(notes).isEmpty();
  }

  @Test
  void givenARankThatEnds_whenAsked_thenTheErrorSaysWhatItPrinted() throws Exception {
    try (var team = new RankTeam(folder.resolve("errors"))) {
      team.add(new ProcessBuilder("sh", "-c", "read line; echo no memory >&2"));
      assertThatThrownBy(() -> team.ask("time", "allReduce", 4096, 1))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no memory");
    }
  }

  @Test
  void givenRanks_whenTheyAnswer_thenTheSlowestCountsAndTheCpuTimeOfAll() throws Exception {
    try (var team = new RankTeam(folder.resolve("errors"))) {
      team.add(new ProcessBuilder("sh", "-c", "read line; echo ok 2000000000 5"));
      team.add(new ProcessBuilder("sh", "-c", "read line; echo ok 3000000000 1000000000"));
      var answer = team.ask("time", "allReduce", 4096, 1);
      assertThat(answer.seconds()).isEqualTo(3);
      assertThat(answer.cpuSeconds()).isEqualTo(1, within(1e-6));
    }
  }
}
