package dev.muster.trainer.text;

/**
 * What counting bytes alone achieves, in nats per byte: the bars a trained model has to get under.
 *
 * @param unigram cross-entropy of the held-out part under the byte frequencies of the training
 *     part, add-one smoothed over 256 bytes
 * @param bigram the same for the frequencies of a byte given the one before it, add-one smoothed
 *     over 256 bytes
 * @param heldOutBigram empirical conditional entropy of a byte given the one before it in the
 *     held-out part itself: counted on the very text it is judged on, so lower than any bigram
 *     model that has not seen that text; the stricter bar
 */
public record Entropy(double unigram, double bigram, double heldOutBigram) {
  private static final int BYTES = 256;

  public static Entropy of(Corpus corpus) {
    return new Entropy(
        unigram(corpus.training(), corpus.heldOut()),
        bigram(pairs(corpus.training()), pairs(corpus.heldOut()), 1),
        bigram(pairs(corpus.heldOut()), pairs(corpus.heldOut()), 0));
  }

  static double unigram(byte[] training, byte[] heldOut) {
    long[] counts = new long[BYTES];
    for (byte b : training) {
      counts[b & 0xFF]++;
    }
    double nats = 0;
    for (byte b : heldOut) {
      nats -= StrictMath.log((counts[b & 0xFF] + 1.0) / (training.length + BYTES));
    }
    return nats / heldOut.length;
  }

  /**
   * @param model pairs counted to estimate p(next | previous)
   * @param judged pairs to predict
   * @param added to every count of the model
   */
  static double bigram(long[][] model, long[][] judged, int added) {
    double nats = 0;
    long total = 0;
    for (int previous = 0; previous < BYTES; previous++) {
      double row = sum(model[previous]) + (double) added * BYTES;
      for (int next = 0; next < BYTES; next++) {
        if (judged[previous][next] > 0) {
          nats -= judged[previous][next] * StrictMath.log((model[previous][next] + added) / row);
          total += judged[previous][next];
        }
      }
    }
    return nats / total;
  }

  static long[][] pairs(byte[] text) {
    long[][] counts = new long[BYTES][BYTES];
    for (int i = 1; i < text.length; i++) {
      counts[text[i - 1] & 0xFF][text[i] & 0xFF]++;
    }
    return counts;
  }

  private static long sum(long[] row) {
    long sum = 0;
    for (long count : row) {
      sum += count;
    }
    return sum;
  }
}
