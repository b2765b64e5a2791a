package dev.muster.simulator.replay;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A job of two workers and a spare on one node that loses a rank, as the master's shell would host
 * it: the clock runs on while an event is handled.
 */
final class ScriptedRun implements Effects<JobEvent> {
  static final JobConfig CONFIG =
      JobConfig.of(new RunId("test"), spec(), 1, 15_000_000_000L, 500_000_000L);
  private static final NodeId NODE = new NodeId("n0");
  private static final long TICK_NS = 1_000_000;

  private final Job job = new Job(CONFIG);
  private final List<JournalEntry> journal = new ArrayList<>();
  private final ArrayDeque<JobEvent> durable = new ArrayDeque<>();
  private long nowNs = 1_000_000_000_000L;

  static List<JournalEntry> journal() {
    var run = new ScriptedRun();
    run.play();
    return List.copyOf(run.journal);
  }

  private static JobSpec spec() {
    var worker = new JobSpec.WorkerSpec(true, List.of("x"), Map.of(), Map.of(), 1 << 20);
    long second = 1_000_000_000L;
    var hang = new JobSpec.Hang(3, second);
    return new JobSpec(
        "test",
        1,
        100,
        2,
        2,
        1,
        true,
        3,
        100,
        3600 * second,
        second,
        30 * second,
        second,
        hang,
        List.of(),
        worker);
  }

  private void play() {
    handle(new JobEvent.Started(1, false, 0));
    say(new ToMaster.Register(NODE, 1, "host", 3, Generation.NONE, List.of()));
    for (int n = 0; n < 3; n++) {
      say(new ToMaster.WorkerReady(worker(n), 100 + n, "tokens"));
    }
    train(1, 1);
    beat(1, 41);
    say(new ToMaster.WorkerExited(worker(1), generation(1), Exit.signal(9), 42, 20, ""));
    var survivor = List.of(new ToMaster.Survivor(worker(0), 42));
    say(new ToMaster.Revoked(NODE, generation(1), survivor));
    train(2, 43);
    beat(2, 60);
    handle(new JobEvent.StopRequested("enough"));
  }

  private void train(long generation, long step) {
    for (var milestone : Milestone.values()) {
      say(new ToMaster.Reached(NODE, generation(generation), milestone, step));
    }
  }

  private void beat(long generation, long step) {
    var digest =
        new ToMaster.NodeDigest(NODE, 1, step, generation(generation), step, step, 1.5, 1000);
    say(new ToMaster.Beat(List.of(digest)));
  }

  private static WorkerId worker(int number) {
    return new WorkerId(NODE, number);
  }

  private static Generation generation(long number) {
    return new Generation(number);
  }

  private void say(ToMaster message) {
    handle(new JobEvent.FromAgent(NODE, message));
  }

  private void handle(JobEvent event) {
    nowNs += 100 * TICK_NS;
    job.on(event, this);
    while (!durable.isEmpty()) {
      job.on(durable.remove(), this);
    }
  }

  /** Every look costs time, as on a busy machine. */
  @Override
  public long nowNs() {
    return nowNs += TICK_NS;
  }

  @Override
  public void persist(Object entry, JobEvent done) {
    journal.add((JournalEntry) entry);
    if (done != null) {
      durable.add(done);
    }
  }

  @Override
  public void send(PeerId to, Message message) {}

  @Override
  public void timer(String key, long delayNs, JobEvent event) {}

  @Override
  public void cancel(String key) {}

  @Override
  public void perform(Action action) {}

  @Override
  public long random(String stream, long entity, long index) {
    throw new IllegalStateException("the job core draws no random numbers");
  }

  @Override
  public void note(Observation observation) {}
}
