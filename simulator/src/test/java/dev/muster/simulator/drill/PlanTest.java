package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.PlanFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run is its plan: replaying that needs neither generator nor conditions. */
class PlanTest {
  private static final String DRILL =
      """
      horizon = 5m
      fleet { nodes = 8, slots = 3, nodes-per-rack = 2 }
      job { workers = 12, spares = 4, min-workers = 4, step = 100ms }
      faults = [
        { do = crash, every = 40s }
        { do = crash, when = recovering, after { exponential = 50ms }, at-most = 3 }
        { do = node-down, when = recovered, for { lognormal = [20s, 0.5] }, at-most = 2 }
        { do = swizzle, at = 2m, pick { racks = 2 }, for = 3s, spread = 2s }
        { do = master-kill, every { exactly = 100s }, for = 1s }
      ]
      """;

  @TempDir private Path folder;

  @Test
  void givenAPlayedPlan_whenWrittenAndReadBack_thenItGivesTheSameTrace() throws IOException {
    var drill = DrillReader.parse(DRILL);
    var file = folder.resolve("plan.jsonl");
    for (long seed = 1; seed <= 3; seed++) {
      var first = DrillRun.play(drill, seed);
      PlanFile.write(first.played(), file);
      assertThat(PlanFile.read(file)).isEqualTo(first.played());
      var again = DrillRun.replay(drill, PlanFile.read(file), HostKind.CORE);
      assertThat(again).as("seed=%d", seed).isEqualTo(first);
    }
  }

  @Test
  void givenALineLess_whenExpanded_thenTheFaultsOfTheOthersAreTheSame() {
    var all = DrillReader.parse(DRILL).plan(5);
    var fewer =
        DrillReader.parse(
            DRILL.replace("{ do = master-kill, every { exactly = 100s }, for = 1s }", ""));
    assertThat(fewer.plan(5).faults())
        .isEqualTo(all.faults().stream().filter(fault -> fault.line() != 4).toList());
  }

  @Test
  void givenASwizzle_whenExpanded_thenEachLinkIsCutAndHealedAtItsOwnTime() {
    var cuts =
        DrillReader.parse(DRILL).plan(1).faults().stream().filter(f -> f.line() == 3).toList();
    assertThat(cuts).hasSize(4).allMatch(f -> f.nodes().size() == 1 && f.cause().equals("swizzle"));
    assertThat(cuts.stream().map(Fault::atNs)).doesNotHaveDuplicates();
    assertThat(cuts.stream().map(f -> f.atNs() + f.forNs())).doesNotHaveDuplicates();
  }

  @Test
  void givenADamagedPlan_whenRead_thenItSaysWhere() throws IOException {
    var file = folder.resolve("bad.jsonl");
    Files.writeString(
        file, "{\"format\":" + Plan.FORMAT + ",\"drill\":\"x\",\"seed\":1}\n{\"do\":\"crash\"}\n");
    assertThatThrownBy(() -> PlanFile.read(file)).hasMessageContaining("bad.jsonl:2: not a fault");
    Files.writeString(file, "{\"format\":999}\n");
    assertThatThrownBy(() -> PlanFile.read(file)).hasMessageContaining("another format");
  }
}
