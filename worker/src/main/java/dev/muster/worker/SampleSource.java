package dev.muster.worker;

/** Where the samples come from that one rank uses in one step. Step thread only. */
@FunctionalInterface
public interface SampleSource {
  /** The next of them, as indices into the data set; empty when the step has none left. */
  long[] next();

  /** All at once, then none. */
  static SampleSource of(long[] samples) {
    return new SampleSource() {
      private long[] left = samples;

      @Override
      public long[] next() {
        var taken = left;
        left = new long[0];
        return taken;
      }
    };
  }
}
