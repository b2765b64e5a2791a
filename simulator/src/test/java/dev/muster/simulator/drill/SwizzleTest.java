package dev.muster.simulator.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.Arrays;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Links of a third of a large fleet, cut in one order and healed in another. */
class SwizzleTest {
  @Test
  void givenAWideSwizzle_whenItIsOver_thenEveryHostIsBackAndTrains() {
    allComeBack("none");
  }

  @Test
  void givenAWideSwizzleAndEveryRareWay_whenItIsOver_thenEveryHostIsBackAndTrains() {
    allComeBack(Arrays.stream(Buggify.values()).map(Buggify::text).toList().toString());
  }

  private static void allComeBack(String buggify) {
    var drill = DrillReader.parse(Catalogue.text("swizzle-wide") + "buggify = " + buggify);
    var back = new Back();
    var outcome = DrillRun.play(drill, 1, HostKind.CORE, back);
    assertThat(outcome.played().faults()).hasSize(192);
    assertThat(Verdict.of(drill, outcome).broken()).isEmpty();
    assertThat(back.given).isGreaterThan(150);
    assertThat(back.lost).isEmpty();
    assertThat(back.newest.group().worldSize()).isEqualTo(drill.workers());
    assertThat(back.newest.group().nodes()).hasSize(drill.nodes());
  }

  /** Which hosts were given up and have not registered again. */
  private static final class Back implements ClusterListener {
    private final TreeSet<String> lost = new TreeSet<>();
    private int given;
    private ToAgent.Form newest;

    @Override
    public void noted(long nowNs, Observation note) {
      if (note.topic().equals("node.lost")) {
        given++;
        lost.add(name(note));
      } else if (note.topic().equals("node.registered")) {
        lost.remove(name(note));
      }
    }

    private static String name(Observation note) {
      return note.text().split(" ")[1];
    }

    @Override
    public void opened(long nowNs, ToAgent.Form form) {
      newest = form;
    }
  }
}
