package dev.muster.worker.agent;

import dev.muster.collectives.flight.Standing;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** An agent with recorded effects; looks at pages are answered at once with {@link #readings}. */
final class AgentFixture {
  static final long MS = 1_000_000L;
  static final long LEASE_NS = 15_000 * MS;
  static final long BEAT_NS = 500 * MS;
  static final long RECONNECT_NS = 60_000 * MS;
  static final NodeId NODE = new NodeId("n0");
  static final RunId RUN = new RunId("r1");

  final RecordedEffects<AgentEvent> fx = new RecordedEffects<>();
  final Agent agent = new Agent(new AgentSettings(NODE, 7, "host", 8, RECONNECT_NS));
  final List<Reading> readings = new ArrayList<>();
  List<Long> arrivals = List.of();
  List<Standing> standings = List.of();
  List<JobSpec.Fault> faults = List.of();
  boolean managed = true;
  JobSpec.Checkpoint checkpoint = JobSpec.Checkpoint.OFF;
  JobSpec.Gpus gpus = JobSpec.Gpus.OFF;
  private int answered;

  static WorkerId worker(int number) {
    return new WorkerId(NODE, number);
  }

  JobSpec job() {
    var spec = new JobSpec.WorkerSpec(managed, List.of("true"), Map.of(), Map.of(), 1 << 20, gpus);
    return new JobSpec(
        "job",
        1,
        100,
        4,
        2,
        0,
        true,
        3,
        10,
        0,
        0,
        60_000 * MS,
        5_000 * MS,
        new JobSpec.Hang(3, 2_000 * MS),
        faults,
        checkpoint,
        spec);
  }

  AgentFixture on(AgentEvent event) {
    agent.on(event, fx);
    return answerLooks();
  }

  AgentFixture advanceMs(long ms) {
    for (long i = 0; i < ms; i += 10) { // so that looks are answered when they are asked for
      fx.advance(10 * MS, agent);
      answerLooks();
    }
    return this;
  }

  AgentFixture answerLooks() {
    while (answered < fx.performed.size()) {
      if (fx.performed.get(answered++) instanceof AgentAction.Look look) {
        var seen = readings.stream().filter(r -> look.workers().contains(r.worker())).toList();
        agent.on(new AgentEvent.Looked(look.purpose(), seen, arrivals, List.of(), standings), fx);
      }
    }
    return this;
  }

  AgentFixture clear() {
    fx.clear();
    answered = 0;
    return this;
  }

  AgentFixture order(ToAgent order) {
    return on(new AgentEvent.Ordered(order));
  }

  AgentFixture welcomed() {
    return welcomed(1);
  }

  AgentFixture welcomed(long incarnation) {
    return on(new AgentEvent.LinkUp())
        .order(new ToAgent.Welcome(RUN, incarnation, LEASE_NS, BEAT_NS, job()));
  }

  /** Launches, connects and readies workers 0 to n-1. */
  AgentFixture ready(int n) {
    for (int i = 0; i < n; i++) {
      launchReady(i);
    }
    return this;
  }

  AgentFixture launchReady(int number) {
    WorkerId id = worker(number);
    order(new ToAgent.Launch(id, null));
    on(new AgentEvent.WorkerStarted(id, 1000 + number));
    on(new AgentEvent.Connected(id));
    return on(new AgentEvent.Said(id, new FromWorker.Ready("tokens")));
  }

  static Group group(long generation, int... numbers) {
    var members = new ArrayList<Member>();
    for (int rank = 0; rank < numbers.length; rank++) {
      members.add(new Member(worker(numbers[rank]), rank));
    }
    return new Group(new Generation(generation), members);
  }

  AgentFixture form(
      long generation, long startStep, int source, List<Integer> needState, int... numbers) {
    return order(
        new ToAgent.Form(group(generation, numbers), startStep, source, needState).saving(10));
  }

  /** A group of workers 0 to n-1 that has joined and restored, fresh. */
  AgentFixture running(int n) {
    int[] numbers = IntStream.range(0, n).toArray();
    form(1, 0, -1, List.of(), numbers);
    for (int i = 0; i < n; i++) {
      on(new AgentEvent.Said(worker(i), new FromWorker.Joined(1)));
    }
    for (int i = 0; i < n; i++) {
      on(new AgentEvent.Said(worker(i), new FromWorker.Restored(1, 0)));
    }
    return this;
  }

  AgentFixture page(int number, long generation, long applied, Phase phase, long progress) {
    readings.removeIf(r -> r.worker().equals(worker(number)));
    readings.add(
        new Reading(
            worker(number),
            generation,
            applied,
            applied + 1,
            phase,
            progress,
            2.5,
            100,
            20 * MS,
            0,
            false));
    return this;
  }

  <M extends Message> List<M> sent(Class<M> type) {
    return fx.sent(type);
  }

  Optional<ToMaster.Revoked> lastRevoked() {
    return sent(ToMaster.Revoked.class).stream().reduce((a, b) -> b);
  }
}
