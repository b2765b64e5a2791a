package dev.muster.master.job;

import dev.muster.protocol.wire.WireCodec.Registration;
import java.util.List;

/** Wire ids of what the journal holds; part of the journal's format, so never reused. */
public final class JobJournal {
  private JobJournal() {}

  public static List<Registration> registrations() {
    return List.of(
        new Registration(JournalEntry.class, 200),
        new Registration(JobEvent.Started.class, 201),
        new Registration(JobEvent.FromAgent.class, 202),
        new Registration(JobEvent.LinkLost.class, 203),
        new Registration(JobEvent.StopRequested.class, 204),
        new Registration(JobEvent.Durable.class, 205),
        new Registration(JobEvent.NodeSilent.class, 206),
        new Registration(JobEvent.HealthCheck.class, 207),
        new Registration(JobEvent.Recheck.class, 208),
        new Registration(JobEvent.Overdue.class, 209),
        new Registration(JobEvent.ShutdownOverdue.class, 210),
        new Registration(JobEvent.StartOverdue.class, 211),
        new Registration(JobEvent.Wait.class, 212),
        new Registration(JobEvent.Beats.class, 213),
        new Registration(JobEvent.Seen.class, 214),
        new Registration(JobEvent.PersistDue.class, 215),
        new Registration(JobEvent.LastCheckpointOverdue.class, 216),
        new Registration(JobEvent.CopyDue.class, 217),
        new Registration(JobEvent.CheckpointRequested.class, 218),
        new Registration(JobEvent.LeaveDue.class, 219),
        new Registration(JobEvent.StopDue.class, 220),
        new Registration(JobEvent.Reopened.class, 221),
        new Registration(JobEvent.SalvageOverdue.class, 222),
        new Registration(JobEvent.CensusOverdue.class, 223),
        new Registration(JobEvent.SalvageRetry.class, 224));
  }
}
