package dev.muster.master.jmx;

import java.util.List;

/** {@link MasterMXBean} over the newest snapshot. */
final class PublishedMaster implements MasterMXBean {
  private volatile MasterSnapshot snapshot;

  PublishedMaster(MasterSnapshot snapshot) {
    this.snapshot = snapshot;
  }

  void publish(MasterSnapshot newer) {
    snapshot = newer;
  }

  @Override
  public String getRun() {
    return snapshot.run();
  }

  @Override
  public String getRole() {
    return snapshot.role();
  }

  @Override
  public long getIncarnation() {
    return snapshot.incarnation();
  }

  @Override
  public String getActiveMaster() {
    return snapshot.activeMaster();
  }

  @Override
  public long getActiveSinceEpochMillis() {
    return snapshot.activeSinceEpochMillis();
  }

  @Override
  public long getStartedEpochMillis() {
    return snapshot.startedEpochMillis();
  }

  @Override
  public String getVersion() {
    return snapshot.version();
  }

  @Override
  public long getJournalSequence() {
    return snapshot.journalSequence();
  }

  @Override
  public List<MasterSnapshot.NodeRow> getNodes() {
    return snapshot.nodes();
  }
}
