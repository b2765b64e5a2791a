package dev.muster.collectives;

/**
 * Hands out the work of one step to the ranks of a group that share memory: who has room takes the
 * next part (MPI: fetch and op). Each part goes to one rank, and a step's parts follow one another
 * without gaps. Costs one compare-and-set, tells nobody, and knows no revoke: whoever takes has to
 * reach the agreement of its step.
 *
 * <p>One word of memory, zero at first: the upper half is the step, as its distance from the
 * group's start, the lower half how much of it is taken. Any thread.
 */
public final class SharedCounter {
  /** Memory that all ranks see. */
  public interface Word {
    /** With acquire. */
    long get();

    boolean compareAndSet(long expected, long next);
  }

  private static final int HALF = Integer.SIZE;

  private final Word word;
  private final long startStep;

  public SharedCounter(Word word, long startStep) {
    this.word = word;
    this.startStep = startStep;
  }

  /**
   * Takes the next part of {@code step}: from the result on, at most {@code atMost}, up to {@code
   * limit}.
   *
   * @param limit how much the step has, the same for all ranks
   * @return {@code limit}: nothing is left
   * @throws IllegalStateException another rank has begun a later step, which it may not before this
   *     one is committed
   */
  public int take(long step, int limit, int atMost) {
    int round = Math.toIntExact(step - startStep);
    while (true) {
      long before = word.get();
      int taken = taken(before, round, step);
      int next = (int) Math.min(limit, (long) taken + atMost);
      if (taken == limit || word.compareAndSet(before, (long) round << HALF | next)) {
        return taken;
      }
    }
  }

  private int taken(long word, int round, long step) {
    int newest = (int) (word >>> HALF);
    if (newest > round) {
      throw new IllegalStateException(
          "parts of a step were asked for after a later one had begun: step=%d later=%d"
              .formatted(step, startStep + newest));
    }
    return newest == round ? (int) word : 0;
  }
}
