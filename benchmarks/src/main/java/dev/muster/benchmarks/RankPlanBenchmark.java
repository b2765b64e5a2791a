package dev.muster.benchmarks;

import dev.muster.master.rank.Layer;
import dev.muster.master.rank.RankPlan;
import dev.muster.master.rank.RankTree;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/** Time of a rank plan after many simultaneous losses at random places (seed 1). */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RankPlanBenchmark {
  @Param("16384")
  int ranks;

  @Param("1024")
  int lost;

  private RankTree tree;
  private List<Integer> lostProcesses;
  private Group group;
  private List<WorkerId> survivors;
  private List<WorkerId> newcomers;

  @Setup
  public void fill() {
    List<Integer> shuffled = new ArrayList<>(IntStream.range(0, ranks).boxed().toList());
    Collections.shuffle(shuffled, new Random(1));
    lostProcesses = List.copyOf(shuffled.subList(0, lost));
    tree = RankTree.start(layers(), ranks);
    group = new Group(new Generation(1), inOrder());
    survivors = shuffled.subList(lost, ranks).stream().map(RankPlanBenchmark::worker).toList();
    newcomers =
        lostProcesses.stream().map(p -> new WorkerId(new NodeId("n" + p / 8), 8 + p % 8)).toList();
  }

  private List<Member> inOrder() {
    return IntStream.range(0, ranks).mapToObj(rank -> new Member(worker(rank), rank)).toList();
  }

  private static WorkerId worker(int process) {
    return new WorkerId(new NodeId("n" + process / 8), process % 8);
  }

  private static List<Layer> layers() {
    return List.of(
        Layer.root().withBackfill(),
        Layer.blocks("rack", 64).limits(32, 64),
        Layer.blocks("host", 8).limits(8, 8));
  }

  /** Layers root / 64 (at least 32) / 8 (all or none). */
  @Benchmark
  public RankTree layered() {
    return tree.lose(lostProcesses);
  }

  /** Every lost worker has a replacement. */
  @Benchmark
  public List<Member> replaced() {
    return RankPlan.replace(group, survivors, newcomers, ranks);
  }

  /** Nobody is replaced. */
  @Benchmark
  public List<Member> shrunk() {
    return RankPlan.replace(group, survivors, List.of(), ranks - lost);
  }
}
