package dev.muster.worker.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.agent.AgentEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with real worker processes; the test is the master. */
@Timeout(120)
class AgentDrillTest {
  private static final NodeId NODE = new NodeId("n0");
  private static final long STEPS = 4_000;
  private static final long FAULT_STEP = 500;

  @TempDir Path folder;
  private LiveAgent agent;

  @BeforeEach
  void open() throws Exception {
    var run = RunFolder.create(folder.resolve("r1"));
    agent =
        new LiveAgent(
            new HostSettings(
                NODE, run, folder.resolve("shm"), System.out::println, new SharedMemoryGroups()),
            4);
    agent.heard(ToMaster.Register.class, r -> true);
  }

  @AfterEach
  void close() {
    agent.close();
  }

  private static WorkerId worker(int number) {
    return new WorkerId(NODE, number);
  }

  private void welcome(long leaseNs, JobSpec.Fault... faults) {
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.muster.worker.runtime.ManagedProcess");
    var spec = new JobSpec.WorkerSpec(true, command, Map.of(), Map.of(), 32 << 20);
    var job =
        new JobSpec(
            "drill",
            7,
            STEPS,
            2,
            2,
            0,
            true,
            3,
            10,
            0,
            0,
            TimeUnit.MINUTES.toNanos(2),
            TimeUnit.SECONDS.toNanos(20),
            new JobSpec.Hang(3, TimeUnit.SECONDS.toNanos(2)),
            List.of(faults),
            spec);
    agent.order(new ToAgent.Welcome(new RunId("r1"), 1, leaseNs, TimeUnit.SECONDS.toNanos(1), job));
  }

  private void launch(int... numbers) {
    for (int number : numbers) {
      agent.order(new ToAgent.Launch(worker(number), null));
    }
    for (int i = 0; i < numbers.length; i++) {
      agent.heard(ToMaster.WorkerReady.class, r -> true);
    }
  }

  private void form(
      long generation, long startStep, int source, List<Integer> needState, int... numbers) {
    var members = new ArrayList<Member>();
    for (int number : numbers) {
      members.add(new Member(worker(number), members.size()));
    }
    agent.order(
        new ToAgent.Form(
            new Group(new Generation(generation), members), startStep, source, needState));
  }

  private void reached(Milestone milestone) {
    agent.heard(ToMaster.Reached.class, r -> r.milestone() == milestone);
  }

  @Test
  void
      givenRankIsKilledAtAStep_whenANewcomerTakesItsPlace_thenNoCommittedStepIsLostAndBothFinishAlike() {
    welcome(TimeUnit.HOURS.toNanos(1), new JobSpec.Fault(1, FAULT_STEP));
    launch(0, 1, 2);
    form(1, 0, -1, List.of(), 0, 1);
    reached(Milestone.STEPPED);

    var exited = agent.heard(ToMaster.WorkerExited.class, e -> true);
    assertThat(exited.exit()).hasToString("SIGKILL");
    assertThat(exited.detectNs()).isPositive();
    var revoked = agent.heard(ToMaster.Revoked.class, r -> true);
    assertThat(revoked.survivors())
        .singleElement()
        .satisfies(s -> assertThat(s.worker()).isEqualTo(worker(0)));
    long committed = revoked.survivors().getFirst().appliedStep();
    assertThat(committed).isBetween(FAULT_STEP - 1, STEPS);

    form(2, committed, 0, List.of(1), 0, 2);
    reached(Milestone.JOINED);
    reached(Milestone.RESTORED);
    assertThat(agent.heard(ToMaster.Reached.class, r -> r.milestone() == Milestone.STEPPED).step())
        .isEqualTo(committed + 1);
    var first = agent.heard(ToMaster.WorkerFinished.class, f -> true);
    var second = agent.heard(ToMaster.WorkerFinished.class, f -> true);
    assertThat(List.of(first.step(), second.step())).containsOnly(STEPS);
    assertThat(first.parametersDigest()).isEqualTo(second.parametersDigest());

    agent.order(new ToAgent.Shutdown(TimeUnit.SECONDS.toNanos(20), "done"));
    for (int i = 0; i < 2; i++) {
      assertThat(agent.heard(ToMaster.WorkerExited.class, e -> true).exit().success()).isTrue();
    }
    assertThat(agent.runtime.done().join()).isZero();
    assertThat(folder.resolve("shm")).doesNotExist();
  }

  @Test
  void givenNoLeaseIsRenewed_whenItEnds_thenAllWorkersAreGone() {
    welcome(TimeUnit.HOURS.toNanos(1));
    launch(0, 1);
    agent.tell(new AgentEvent.LinkUp()); // another link, another lease
    agent.heard(ToMaster.Register.class, r -> r.workers().size() == 2);
    welcome(TimeUnit.SECONDS.toNanos(1));
    for (int i = 0; i < 2; i++) {
      assertThat(agent.heard(ToMaster.WorkerExited.class, e -> true).exit().success()).isFalse();
    }
  }
}
