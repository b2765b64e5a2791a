package dev.muster.master.checkpoint;

/**
 * What the rounds of one tier were seen to take from training; immutable.
 *
 * <p>A round blocks no step by itself, it takes processor, memory and network from them. So the
 * steps made while rounds were under way are held against the time that as many took without one:
 * what is missing, per round, is the cost. The master sees the step counter once a beat, which is
 * why single rounds tell little and sums are kept, of about the last {@value #KEPT} rounds.
 *
 * @param rounds that have arrived
 * @param insideNs while they were under way, from the order to the arrival
 * @param insideSteps made in that time
 * @param awaitedSteps of these, made before the step that was ordered: until then nothing is sent
 * @param outsideNs training without a round
 * @param outsideSteps made in that time
 * @param lastNs the newest round, from the step that was ordered
 */
public record RoundCosts(
    int rounds,
    long insideNs,
    long insideSteps,
    long awaitedSteps,
    long outsideNs,
    long outsideSteps,
    long lastNs) {
  public static final RoundCosts NONE = new RoundCosts(0, 0, 0, 0, 0, 0, 0);

  private static final int KEPT = 32;

  /** Least share of a round's work that counts as taken from the steps: less cannot be seen. */
  private static final int SEEN_SHARE = 20;

  /** Training went on without a round. */
  public RoundCosts outside(long ns, long steps) {
    return new RoundCosts(
        rounds,
        insideNs,
        insideSteps,
        awaitedSteps,
        outsideNs + Math.max(0, ns),
        outsideSteps + Math.max(0, steps),
        lastNs);
  }

  /**
   * A round has arrived.
   *
   * @param ns since its order
   * @param steps made since
   * @param awaited from the newest step at its order to the one ordered
   */
  public RoundCosts inside(long ns, long steps, long awaited) {
    var old = rounds < KEPT ? this : halved();
    return new RoundCosts(
        old.rounds + 1,
        old.insideNs + Math.max(0, ns),
        old.insideSteps + Math.max(0, steps),
        old.awaitedSteps + Math.clamp(awaited, 0, Math.max(0, steps)),
        old.outsideNs,
        old.outsideSteps,
        workNs(Math.max(0, ns), steps, awaited));
  }

  private static long workNs(long ns, long steps, long awaited) {
    double share = steps <= 0 ? 1 : 1 - Math.clamp(awaited / (double) steps, 0, 1);
    return (long) (ns * share);
  }

  private RoundCosts halved() {
    return new RoundCosts(
        rounds / 2,
        insideNs / 2,
        insideSteps / 2,
        awaitedSteps / 2,
        outsideNs / 2,
        outsideSteps / 2,
        lastNs);
  }

  /** Whether anything can be said of them. */
  public boolean known() {
    return rounds > 0 && insideSteps + outsideSteps > 0;
  }

  /** Of a step without a round; of all steps when none was made without one. Only if known. */
  public long stepNs() {
    long ns = outsideSteps > 0 ? outsideNs / outsideSteps : insideNs / insideSteps;
    return Math.max(1, ns);
  }

  /** Of a round, from the step that was ordered to its arrival, ns; only if known. */
  public long workNs() {
    return Math.max(0, insideNs - awaitedSteps * stepNs()) / rounds;
  }

  /** By which a round delays training, at most what it takes itself; only if known. */
  public long blockedNs() {
    long missingNs = (insideNs - insideSteps * stepNs()) / rounds;
    return Math.clamp(missingNs, workNs() / SEEN_SHARE, workNs());
  }
}
