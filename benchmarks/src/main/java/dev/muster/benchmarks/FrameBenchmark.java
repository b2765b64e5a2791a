package dev.muster.benchmarks;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.wire.WireCodec;
import java.util.List;
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

/** Time to turn one message of the agent link into a frame and back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FrameBenchmark {
  /** What travels: a node's beat, a rack's beats, the order that forms a group of so many ranks. */
  public enum Kind {
    BEAT,
    BEATS_OF_64_NODES,
    FORM_OF_1024_RANKS
  }

  @Param Kind kind;

  private final WireCodec codec = new WireCodec();
  private Message message;
  private byte[] frame;

  @Setup
  public void fill() {
    message =
        switch (kind) {
          case BEAT -> beat(1);
          case BEATS_OF_64_NODES -> beat(64);
          case FORM_OF_1024_RANKS -> form(1024);
        };
    frame = Frames.encode(codec.encode(message));
  }

  @Benchmark
  public byte[] encode() {
    return Frames.encode(codec.encode(message));
  }

  @Benchmark
  public Message decode() throws MalformedFrameException {
    return codec.decodeMessage(new FrameDecoder().feed(frame).getFirst());
  }

  private static Message beat(int nodes) {
    return new ToMaster.Beat(IntStream.range(0, nodes).mapToObj(FrameBenchmark::digest).toList());
  }

  private static ToMaster.NodeDigest digest(int node) {
    return new ToMaster.NodeDigest(
        new NodeId("n" + node),
        0x1234_5678_9abcL,
        100_000 + node,
        new Generation(7),
        1_000,
        1_001,
        2.5,
        12_345.5);
  }

  private static Message form(int ranks) {
    List<Member> members =
        IntStream.range(0, ranks)
            .mapToObj(rank -> new Member(new WorkerId(new NodeId("n" + rank / 8), rank % 8), rank))
            .toList();
    return new ToAgent.Form(new Group(new Generation(7), members), 1_000, 0, List.of(1, 2));
  }
}
