package dev.muster.benchmarks;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Drives a job core as a fleet without faults of its own would: every order is obeyed at once, and
 * a worker dies when asked. Keeps the CPU time spent in the core, by kind of message.
 */
final class JobDrive implements Effects<JobEvent> {
  private static final long SECOND = 1_000_000_000L;

  private final Job job;
  private final List<NodeId> nodes = new ArrayList<>();
  private final int perNode;
  private final ArrayDeque<JobEvent> due = new ArrayDeque<>();
  private final ArrayDeque<ToAgent> orders = new ArrayDeque<>();
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Map<String, long[]> spent = new TreeMap<>(); // ns, events
  private String timed = "";
  private long fromNs;
  private long events;
  private Group group = Group.NONE;
  private long nowNs = SECOND;
  private long step;

  JobDrive(int nodes, int perNode) {
    this.perNode = perNode;
    var config =
        JobConfig.of(new RunId("scale"), spec(nodes * perNode), nodes, 15 * SECOND, SECOND / 2);
    job = new Job(config);
    for (int n = 0; n < nodes; n++) {
      this.nodes.add(new NodeId("n" + n));
    }
  }

  private static JobSpec spec(int workers) {
    return new JobSpec(
        "scale",
        1,
        Integer.MAX_VALUE,
        workers,
        workers / 2,
        0,
        true,
        3,
        Integer.MAX_VALUE,
        600 * SECOND,
        SECOND,
        30 * SECOND,
        SECOND,
        new JobSpec.Hang(3, 2 * SECOND),
        List.of(),
        new JobSpec.WorkerSpec(true, List.of("x"), Map.of(), Map.of(), 1 << 20));
  }

  /** Until the first group trains. */
  void start() {
    on("started", new JobEvent.Started(1, false, 0));
    for (var node : nodes) {
      from(
          "register",
          node,
          new ToMaster.Register(node, 1, node.name(), perNode + 1, Generation.NONE, List.of()));
    }
    settle();
  }

  /** One worker dies in the middle of training; until the next group trains. */
  void loseWorker(int round) {
    step += 100;
    beat();
    var member = group.members().get(Math.floorMod(round * 7919, group.worldSize()));
    var worker = member.worker();
    from(
        "exited+revoke",
        worker.node(),
        new ToMaster.WorkerExited(worker, group.generation(), Exit.signal(9), step, 0, ""));
    lost = worker;
    settle();
  }

  private WorkerId lost;

  private void beat() {
    for (var node : nodes) {
      var digest = new ToMaster.NodeDigest(node, 1, 1, group.generation(), step, step, 1, 1);
      from("beat", node, new ToMaster.Beat(List.of(digest)));
    }
    on("health", new JobEvent.HealthCheck());
    nowNs += SECOND;
    due.clear(); // timers of no interest
  }

  private void settle() {
    var ready = new ArrayDeque<WorkerId>();
    while (true) {
      if (!orders.isEmpty()) {
        obey(orders.poll(), ready);
      } else if (!due.isEmpty()) {
        on("durable+form", due.poll());
      } else if (!ready.isEmpty()) {
        var worker = ready.poll();
        from(
            group.isEmpty() ? "ready" : "ready+form",
            worker.node(),
            new ToMaster.WorkerReady(worker, 1, "units"));
      } else {
        return;
      }
    }
  }

  private void obey(ToAgent order, ArrayDeque<WorkerId> ready) {
    switch (order) {
      case ToAgent.Launch launch -> ready.add(launch.worker());
      case ToAgent.Form form when !form.group().generation().equals(group.generation()) ->
          enter(form);
      case ToAgent.Revoke revoke when revoke.generation().equals(group.generation()) -> revoke();
      default -> {}
    }
  }

  private void enter(ToAgent.Form form) {
    stop();
    group = form.group();
    orders.clear();
    long startStep = form.startStep();
    for (var milestone : ToMaster.Milestone.values()) {
      for (var node : nodes) {
        long at = milestone == ToMaster.Milestone.STEPPED ? startStep + 1 : startStep;
        nowNs += 1000;
        from("reached", node, new ToMaster.Reached(node, group.generation(), milestone, at));
      }
    }
  }

  private void revoke() {
    stop();
    orders.removeIf(order -> order instanceof ToAgent.Revoke);
    var byNode = new TreeMap<NodeId, List<ToMaster.Survivor>>();
    for (var member : group.members()) {
      if (!member.worker().equals(lost)) {
        byNode
            .computeIfAbsent(member.worker().node(), n -> new ArrayList<>())
            .add(new ToMaster.Survivor(member.worker(), step));
      }
    }
    var last = byNode.lastEntry();
    byNode.headMap(last.getKey()).forEach((node, survivors) -> revoked("revoked", node, survivors));
    revoked("last revoked", last.getKey(), last.getValue());
  }

  private void revoked(String kind, NodeId node, List<ToMaster.Survivor> survivors) {
    nowNs += 1000;
    from(kind, node, new ToMaster.Revoked(node, group.generation(), survivors));
  }

  private void from(String kind, NodeId node, ToMaster message) {
    on(kind, new JobEvent.FromAgent(node, message));
  }

  private void on(String kind, JobEvent event) {
    if (!kind.equals(timed)) {
      stop();
      timed = kind;
      fromNs = THREADS.getCurrentThreadCpuTime();
    }
    job.on(event, this);
    events++;
  }

  /** Books the CPU time since the first of the latest run of events of one kind. */
  private void stop() {
    if (events > 0) {
      var cost = spent.computeIfAbsent(timed, k -> new long[2]);
      cost[0] += THREADS.getCurrentThreadCpuTime() - fromNs;
      cost[1] += events;
    }
    events = 0;
    timed = "";
  }

  /** Mean ns of CPU of one message of each kind, the driver's own part included. */
  Map<String, Double> meanNs() {
    stop();
    var means = new TreeMap<String, Double>();
    spent.forEach((kind, cost) -> means.put(kind, (double) cost[0] / cost[1]));
    return means;
  }

  long generation() {
    return group.generation().number();
  }

  @Override
  public long nowNs() {
    return nowNs;
  }

  @Override
  public void send(PeerId to, Message message) {
    orders.add((ToAgent) message);
  }

  @Override
  public void timer(String key, long delayNs, JobEvent event) {}

  @Override
  public void cancel(String key) {}

  @Override
  public void persist(Object entry, JobEvent done) {
    if (done != null) {
      due.add(done);
    }
  }

  @Override
  public void perform(Action action) {}

  @Override
  public long random(String stream, long entity, long index) {
    return 0;
  }

  @Override
  public void note(Observation observation) {}
}
