package dev.muster.simulator.cluster;

/**
 * Steps and checkpoints of one group as a function of the time it has trained. Checkpoints follow
 * steps whose number is a multiple of the interval, whichever group makes them.
 *
 * @param intervalSteps between two checkpoints, 0: none
 */
public record Pace(long startStep, long stepNs, long intervalSteps, long stallNs) {

  public long committed(long trainedNs) {
    if (intervalSteps == 0) {
      return startStep + trainedNs / stepNs;
    }
    long inPeriodNs = sinceCheckpointNs(trainedNs) % periodNs();
    return lastCheckpoint(trainedNs) + Math.min(intervalSteps, inPeriodNs / stepNs);
  }

  /** Newest checkpoint this group has completed, -1: none. */
  public long durable(long trainedNs) {
    boolean some = intervalSteps > 0 && sinceCheckpointNs(trainedNs) >= periodNs();
    return some ? lastCheckpoint(trainedNs) : -1;
  }

  /** The part of {@code trainedNs} in which checkpoints held up the steps. */
  public long stalledNs(long trainedNs) {
    if (intervalSteps == 0) {
      return 0;
    }
    long sinceNs = sinceCheckpointNs(trainedNs);
    return sinceNs / periodNs() * stallNs
        + Math.max(0, sinceNs % periodNs() - intervalSteps * stepNs);
  }

  /** Time trained when {@code step} is committed. */
  public long untilNs(long step) {
    if (intervalSteps == 0 || step <= startStep) {
      return Math.max(0, step - startStep) * stepNs;
    }
    long before = (step - 1) / intervalSteps - startStep / intervalSteps;
    return (step - startStep) * stepNs + Math.max(0, before) * stallNs;
  }

  private long lastCheckpoint(long trainedNs) {
    long periods = sinceCheckpointNs(trainedNs) / periodNs();
    return startStep - startStep % intervalSteps + periods * intervalSteps;
  }

  /** As if this group had made the steps since the checkpoint before its first step, too. */
  private long sinceCheckpointNs(long trainedNs) {
    return trainedNs + startStep % intervalSteps * stepNs;
  }

  private long periodNs() {
    return intervalSteps * stepNs + stallNs;
  }
}
