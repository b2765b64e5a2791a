package dev.muster.benchmarks;

import dev.muster.master.quorum.Quorum;
import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.master.quorum.QuorumCore;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time of one quorum decision in which all replicas asked and beat. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class QuorumBenchmark {
  private static final Quorum.Policy POLICY = new Quorum.Policy(1, 60_000_000_000L, 5_000_000_000L);

  @Param("10000")
  int members;

  private List<WorkerId> ids;
  private Quorum.State first;
  private Quorum.State next;

  @Setup
  public void fill() {
    ids = new ArrayList<>();
    var participants = new TreeMap<WorkerId, Participant>();
    var beats = new TreeMap<WorkerId, Long>();
    for (int i = 0; i < members; i++) {
      WorkerId id = new WorkerId(new NodeId("n" + i / 8), i % 8);
      ids.add(id);
      participants.put(id, new Participant(id, 0, 100, false, 0));
      beats.put(id, 0L);
    }
    first = new Quorum.State(participants, beats, Quorum.Previous.NONE);
    var previous = new Quorum.Previous(List.copyOf(participants.keySet()), new Generation(1));
    next = new Quorum.State(participants, beats, previous);
  }

  /** No previous quorum. */
  @Benchmark
  public Quorum.Decision firstDecision() {
    return Quorum.decide(first, POLICY, 1);
  }

  /** Fast quorum: the same members as before. */
  @Benchmark
  public Quorum.Decision nextDecision() {
    return Quorum.decide(next, POLICY, 1);
  }

  /** A whole round of the core: every request taken in, one decision, every caller answered. */
  @Benchmark
  public int round() {
    var core = new QuorumCore(POLICY, new QuorumCore.Pace(100_000_000L, 60_000_000_000L));
    var fx = new CountingEffects<QuorumCore.Event>();
    long request = 0;
    for (WorkerId id : ids) {
      core.on(new QuorumCore.Asked(id, request++, 100, false, 0), fx);
    }
    core.on(new QuorumCore.Tick(), fx);
    return fx.performed();
  }
}
