package dev.muster.worker.agent;

import static dev.muster.worker.agent.AgentFixture.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.WorkerId;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DevicesTest {
  private final Devices devices = new Devices();

  private Map<WorkerId, Integer> assigned(int... members) {
    var ids = IntStream.of(members).mapToObj(AgentFixture::worker).toList();
    devices.assign(ids);
    var all = new TreeMap<WorkerId, Integer>();
    ids.forEach(id -> all.put(id, devices.of(id)));
    return all;
  }

  @Test
  void givenAMemberThatIsReplaced_whenTheNextGroupBegins_thenTheSpareHasItsGpu() {
    assertThat(assigned(0, 1, 2)).containsValues(0, 1, 2);
    assertThat(assigned(0, 2, 7)) // 7 has the place of 1
        .containsEntry(worker(0), 0)
        .containsEntry(worker(2), 2)
        .containsEntry(worker(7), 1);
  }

  /** Whoever comes and goes: a GPU each, the lowest ones, and none changes its own. */
  @Test
  void givenAnyGroups_whenAssigned_thenEachMemberHasItsOwnAndKeepsIt() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var before = assigned();
    for (int round = 0; round < 200; round++) {
      var now = assigned(random.ints(0, 20).distinct().limit(random.nextInt(9)).toArray());
      String context = "replay: seed=" + seed + " round=" + round;
      assertThat(new HashSet<>(now.values())).as(context).hasSameSizeAs(now.values());
      var kept = new TreeMap<>(before);
      kept.keySet().retainAll(now.keySet());
      assertThat(now).as(context).containsAllEntriesOf(kept);
      before = now;
    }
  }
}
