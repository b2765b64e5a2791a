package dev.muster.master.jmx;

import java.util.List;

/** {@code dev.muster:type=Master}. */
@Description("The master of a run: decides who works with whom")
public interface MasterMXBean {
  @Description("Run id; names the run folder")
  String getRun();

  @Description("ACTIVE or STANDBY")
  String getRole();

  @Description("Grows with every start of the master")
  long getIncarnation();

  @Description("host:port of the active master's agent link")
  String getActiveMaster();

  long getActiveSinceEpochMillis();

  long getStartedEpochMillis();

  String getVersion();

  @Description("Number of the newest durable journal entry")
  long getJournalSequence();

  @Description("Agents of this run")
  List<MasterSnapshot.NodeRow> getNodes();
}
