package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.worker.data.Sampler;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** Whether all ranks take samples of the same data; the master checks it where it lends. */
final class SameData {
  private SameData() {}

  /**
   * A collective.
   *
   * @throws IllegalStateException they differ; on every rank
   */
  static void require(Communicator ranks, Sampler sampler) {
    long[] most = largest(ranks, sampler.samples(), sampler.globalBatch());
    long[] least = largest(ranks, -sampler.samples(), -sampler.globalBatch());
    if (most[0] != -least[0] || most[1] != -least[1]) {
      throw new IllegalStateException(
          "workers name different data sets: samples=%d to %d globalBatch=%d to %d here=%s; every worker must build the same trainer"
              .formatted(-least[0], most[0], -least[1], most[1], sampler));
    }
  }

  private static long[] largest(Communicator ranks, long... own) {
    try (var arena = Arena.ofConfined()) {
      var memory = arena.allocateFrom(ValueLayout.JAVA_LONG, own);
      ranks.allReduce(new Buffer(memory, DType.INT64), ReduceOp.MAX, Stream.NONE).await();
      return memory.toArray(ValueLayout.JAVA_LONG);
    }
  }
}
