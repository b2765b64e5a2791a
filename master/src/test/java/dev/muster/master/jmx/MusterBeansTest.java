package dev.muster.master.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.RunState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import javax.management.Descriptor;
import javax.management.JMX;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import javax.management.openmbean.OpenType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MusterBeansTest {
  private final MBeanServer server = MBeanServerFactory.newMBeanServer();
  private final List<String> stops = new ArrayList<>();
  private final Operator operator =
      new Operator() {
        @Override
        public void stop(String job, long generation, String reason) {
          stops.add(job + "@" + generation);
        }

        @Override
        public CompletionStage<Answer> checkpoint(String reason) {
          return CompletableFuture.completedStage(new Answer(true, reason));
        }
      };
  private final MusterBeans beans = new MusterBeans(server, operator);

  @AfterEach
  void close() {
    beans.close();
    assertThat(names()).as("beans left after close").isEmpty();
  }

  /** The tree is public API: change the golden file only together with a note in the commit. */
  @Test
  void givenAllSnapshots_whenPublished_thenTheTreeIsTheGoldenOne() throws Exception {
    publishAll(7);
    var tree = new StringBuilder();
    for (var name : names()) {
      describe(name, server.getMBeanInfo(new ObjectName(name)), tree);
    }
    try (var golden = MusterBeansTest.class.getResourceAsStream("mbeans.txt")) {
      assertThat(tree.toString()).isEqualTo(new String(golden.readAllBytes()));
    }
  }

  @Test
  void givenANewerSnapshot_whenRead_thenGettersShowItAndLostWorkersAreGone() throws Exception {
    publishAll(7);
    beans.publish(job(8, List.of()));
    var job =
        JMX.newMXBeanProxy(server, new ObjectName("dev.muster:type=Job,job=gpt"), JobMXBean.class);
    assertThat(job.getGeneration()).isEqualTo(8);
    assertThat(job.getRanks()).extracting(JobMXBean.RankRow::lagSteps).containsExactly(2L, 0L);
    assertThat(job.getLastRecovery().detectSeconds()).isEqualTo(0.001);
    assertThat(job.getRestartsTotal()).isEqualTo(3);
    assertThat(names()).noneMatch(name -> name.contains("type=Worker"));
  }

  @Test
  void givenADescription_whenInfoIsRead_thenConsolesSeeTextsAndParameterNames() throws Exception {
    publishAll(7);
    var info = server.getMBeanInfo(new ObjectName("dev.muster:type=Job,job=gpt"));
    assertThat(info.getDescription()).isEqualTo("One training job");
    var stop =
        Arrays.stream(info.getOperations())
            .filter(o -> o.getName().equals("stop"))
            .findFirst()
            .get();
    assertThat(stop.getSignature())
        .extracting("name")
        .containsExactly("confirm", "expectedGeneration");
    assertThat(stop.getDescription()).startsWith("Stops the job");
  }

  @Test
  void givenAStop_whenNotConfirmedOrStale_thenRefusedAndOtherwiseHandedOver() throws Exception {
    publishAll(7);
    var job =
        JMX.newMXBeanProxy(server, new ObjectName("dev.muster:type=Job,job=gpt"), JobMXBean.class);
    assertThat(job.stop("yes", 7).accepted()).isFalse();
    assertThat(job.stop("gpt", 6).message()).contains("expectedGeneration=6 actualGeneration=7");
    assertThat(stops).isEmpty();
    assertThat(job.stop("gpt", 7).accepted()).isTrue();
    assertThat(stops).containsExactly("gpt@7");
  }

  @Test
  void givenACheckpointNow_whenAsked_thenTheMastersAnswerIsTheResult() throws Exception {
    publishAll(7);
    var job =
        JMX.newMXBeanProxy(server, new ObjectName("dev.muster:type=Job,job=gpt"), JobMXBean.class);
    var result = job.checkpointNow();
    assertThat(result.accepted()).isTrue();
    assertThat(result.message()).isEqualTo("asked for by operation 1 over JMX");
    assertThat(result.generation()).isEqualTo(7);
  }

  @Test
  void givenMoreEventsThanTheRing_whenReadSince_thenTheLast256AndGapsAreVisible() throws Exception {
    for (int i = 1; i <= 300; i++) {
      beans.event(new Event(i, "t", "text " + i, Map.of("rank", i)));
    }
    var events =
        JMX.newMXBeanProxy(server, new ObjectName("dev.muster:type=Events"), EventsMXBean.class);
    assertThat(events.getSequence()).isEqualTo(300);
    assertThat(events.getRecent()).hasSize(256);
    assertThat(events.since(0, 1)).extracting(EventsMXBean.EventRow::sequence).containsExactly(45L);
    assertThat(events.since(298, 10))
        .extracting(EventsMXBean.EventRow::sequence)
        .containsExactly(299L, 300L);
    assertThat(events.since(299, 10).getFirst().fields()).containsEntry("rank", "300");
    assertThat(events.since(300, 10)).isEmpty();
  }

  @Test
  void givenAJobNameWithSpecials_whenPublished_thenItIsQuoted() {
    beans.publish(
        new JobSnapshot("a,b=*", Progress.NONE, 1, 0, 0, Map.of(), 3, null, null, List.of()));
    assertThat(names()).contains("dev.muster:type=Job,job=\"a,b=\\*\"");
  }

  @Test
  void givenASecondMasterInOneServer_whenMade_thenTheErrorSaysSo() {
    assertThatThrownBy(() -> new MusterBeans(server, operator))
        .hasMessageContaining("one master per MBeanServer");
  }

  private void publishAll(long generation) {
    beans.publish(
        new MasterSnapshot(
            "r1",
            "ACTIVE",
            1,
            "127.0.0.1:4000",
            5,
            5,
            "0.1.0",
            12,
            List.of(new MasterSnapshot.NodeRow("n0", "127.0.0.1", "UN", 5, 3, 0.1, 99, ""))));
    beans.publish(
        job(generation, List.of(new JobSnapshot.WorkerSnapshot("n0", 2, 12, -1, "READY", 0, 0.5))));
    beans.event(new Event(1, "generation.formed", "formed", Map.of("generation", generation)));
  }

  private static JobSnapshot job(long generation, List<JobSnapshot.WorkerSnapshot> workers) {
    var ranks =
        List.of(
            new Progress.Rank(0, "n0/0", "n0", 10, 40), new Progress.Rank(1, "n0/1", "n0", 11, 42));
    var progress =
        new Progress(
            RunState.RUNNING, "", generation, 40, 100, 2.5, 1000, "tokens", 2, 2, 1, 1, 9, ranks);
    var recovery = new Recovery(7, "rank 1 lost", 1, 1, 1, 1, 1, 1, 6, 1, Recovery.Kind.SPARE);
    var failure =
        new JobSnapshot.Failure("infrastructure", "n0", "n0/1", 1, 39, 8, "rank 1 lost: SIGKILL");
    return new JobSnapshot(
        "gpt",
        progress,
        1,
        0.02,
        0.03,
        Map.of("user", 1L, "infrastructure", 2L),
        2,
        failure,
        recovery,
        workers);
  }

  private List<String> names() {
    return server.queryNames(null, null).stream()
        .map(ObjectName::toString)
        .filter(n -> n.startsWith("dev.muster"))
        .sorted()
        .toList();
  }

  private static void describe(String name, MBeanInfo info, StringBuilder out) {
    out.append(name).append('\n');
    Arrays.stream(info.getAttributes())
        .sorted(Comparator.comparing(a -> a.getName()))
        .forEach(a ->
            out.append("  ")
                .append(a.getName())
                .append(": ")
                .append(type(a.getDescriptor()))
                .append(a.isWritable() ? " (writable)" : "")
                .append('\n'));
    Arrays.stream(info.getOperations())
        .sorted(Comparator.comparing(o -> o.getName()))
        .forEach(o ->
            out.append("  ")
                .append(o.getName())
                .append(
                    Arrays.stream(o.getSignature())
                        .map(p -> p.getType() + " " + p.getName())
                        .collect(Collectors.joining(", ", "(", ")")))
                .append(": ")
                .append(type(o.getDescriptor()))
                .append('\n'));
  }

  private static String type(Descriptor descriptor) {
    return type((OpenType<?>) descriptor.getFieldValue("openType"));
  }

  private static String type(OpenType<?> type) {
    return switch (type) {
      case javax.management.openmbean.ArrayType<?> array -> type(array.getElementOpenType()) + "[]";
      case javax.management.openmbean.TabularType table -> "table" + type(table.getRowType());
      case javax.management.openmbean.CompositeType row ->
          row.keySet().stream()
              .map(k -> k + " " + type(row.getType(k)))
              .collect(Collectors.joining(", ", "{", "}"));
      default -> type.getTypeName().substring(type.getTypeName().lastIndexOf('.') + 1);
    };
  }
}
