package dev.muster.simulator.data;

import dev.muster.worker.data.Sampler;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Every sample that every rank of every group uses, one after the other, in the order of steps and
 * ranks: counted per epoch, and folded into one number that differs when the order does.
 */
final class Order {
  private static final int FINDINGS_MAX = 5;
  private static final long PRIME = 0x100000001B3L; // of the 64-bit FNV-1a hash

  private final Sampler sampler;
  private final List<String> findings = new ArrayList<>();
  private BitSet seen = new BitSet(); // in the epoch
  private long epoch;
  private long step;
  private long used;
  private long digest = 0xCBF29CE484222325L;

  private Order(Sampler sampler) {
    this.sampler = sampler;
  }

  /**
   * @param runs in order
   */
  static Order of(Sampler sampler, List<GroupRun> runs) {
    var order = new Order(sampler);
    runs.forEach(order::run);
    order.epochEnds();
    return order;
  }

  private void run(GroupRun run) {
    if (run.from() != step) {
      find("steps do not follow on each other: after=" + step + " next=" + run);
    }
    for (step = run.from() + 1; step <= run.to(); step++) {
      begin(sampler.batch(step).epoch());
      for (int rank = 0; rank < run.worldSize(); rank++) {
        use(rank, sampler.share(step, rank, run.worldSize()));
      }
    }
    step = run.to();
  }

  private void begin(long next) {
    if (next != epoch) {
      epochEnds();
      seen = new BitSet();
      epoch = next;
    }
  }

  private void use(int rank, long[] samples) {
    fold(step);
    fold(rank);
    for (long sample : samples) {
      fold(sample);
      used++;
      if (seen.get((int) sample)) {
        find("used twice: sample=" + sample + " epoch=" + epoch + " step=" + step);
      }
      seen.set((int) sample);
    }
  }

  private void fold(long value) {
    digest = (digest ^ value) * PRIME;
  }

  /** The last epoch has used what its steps up to the last one need, any other all. */
  private void epochEnds() {
    long expected = step == 0 ? 0 : expected();
    if (seen.cardinality() != expected) {
      find(
          "samples are missing: epoch=%d expected=%d actual=%d"
              .formatted(epoch, expected, seen.cardinality()));
    }
  }

  private long expected() {
    var batch = sampler.batch(step);
    return batch.epoch() == epoch ? batch.from() + batch.count() : sampler.samples();
  }

  private void find(String finding) {
    if (findings.size() < FINDINGS_MAX) {
      findings.add(finding);
    }
  }

  long used() {
    return used;
  }

  long epochs() {
    return epoch + 1;
  }

  long digest() {
    return digest;
  }

  List<String> findings() {
    return findings;
  }
}
