package dev.muster.worker.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.message.ToAgent.Place;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where a plain command is told to meet the others. */
class WorkerEnvironmentTest {
  private static final RunId RUN = new RunId("r1");
  private static final WorkerId WORKER = new WorkerId(new NodeId("n0"), 0);

  private final WorkerEnvironment environment = new WorkerEnvironment(Map.of());

  private Map<String, String> plain(long generation, int localWorldSize, String store)
      throws Exception {
    var place = new Place(new Generation(generation), 0, 2, 0, localWorldSize, 0, 1, 0, store);
    var job = JobSpecReader.read(List.of(), Map.of()).job();
    return environment.plain(RUN, WORKER, place, Path.of("logs"), job);
  }

  @Test
  void givenAStoreOfAnAgent_whenLaunched_thenTheRankIsItsClient() throws Exception {
    assertThat(plain(1, 2, "10.0.0.1:4003"))
        .containsEntry("TORCHELASTIC_USE_AGENT_STORE", "True")
        .containsEntry("MASTER_ADDR", "10.0.0.1")
        .containsEntry("MASTER_PORT", "4003");
  }

  @Test
  void givenNoStore_whenLaunched_thenRankZeroServesItWhereAllAgentsLook() throws Exception {
    var first = plain(1, 1, "");
    assertThat(first)
        .containsEntry("TORCHELASTIC_USE_AGENT_STORE", "False")
        .containsEntry("MASTER_ADDR", "127.0.0.1")
        .containsEntry("MASTER_PORT", plain(1, 1, "").get("MASTER_PORT"));
    assertThat(plain(2, 1, "").get("MASTER_PORT")).isNotEqualTo(first.get("MASTER_PORT"));
  }
}
