package dev.muster.master.jmx;

/** {@link WorkerMXBean} over the newest snapshot. */
final class PublishedWorker implements WorkerMXBean {
  private volatile JobSnapshot.WorkerSnapshot snapshot;

  PublishedWorker(JobSnapshot.WorkerSnapshot snapshot) {
    this.snapshot = snapshot;
  }

  void publish(JobSnapshot.WorkerSnapshot newer) {
    snapshot = newer;
  }

  @Override
  public String getNode() {
    return snapshot.node();
  }

  @Override
  public int getNumber() {
    return snapshot.number();
  }

  @Override
  public long getPid() {
    return snapshot.pid();
  }

  @Override
  public int getRank() {
    return snapshot.rank();
  }

  @Override
  public String getState() {
    return snapshot.state();
  }

  @Override
  public long getStep() {
    return snapshot.step();
  }

  @Override
  public double getProgressAgeSeconds() {
    return snapshot.progressAgeSeconds();
  }
}
