package dev.muster.master.report;

import dev.muster.master.jmx.JobSnapshot;
import dev.muster.master.jmx.MasterSnapshot;
import dev.muster.master.jmx.MusterBeans;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import java.util.function.Supplier;

/**
 * The job's and its workers' MXBeans. What the core's snapshot does not hold is taken from its
 * events.
 */
public final class BeansOutlet implements RunReport.Outlet {
  private final Supplier<MusterBeans> create;
  private final JobSpec job;
  private final Supplier<MasterSnapshot> master;
  private final Incidents incidents;
  private final Pace pace = new Pace();
  private MusterBeans beans; // null before the first report

  /**
   * @param create registers the beans; called with the first report, off the start-up path of the
   *     master
   */
  public BeansOutlet(Supplier<MusterBeans> create, JobSpec job, Supplier<MasterSnapshot> master) {
    this.create = create;
    this.job = job;
    this.master = master;
    this.incidents = new Incidents(job.maxRestarts());
  }

  private MusterBeans beans() {
    if (beans == null) {
      beans = create.get();
    }
    return beans;
  }

  @Override
  public void event(Event event) {
    beans().event(event);
    incidents.event(event);
  }

  @Override
  public void progress(Progress progress) {
    pace.progress(progress);
    var workers = progress.ranks().stream().map(BeansOutlet::worker).toList();
    beans().publish(master.get());
    beans()
        .publish(
            new JobSnapshot(
                job.name(),
                progress,
                job.minWorkers(),
                pace.quantile(0.5),
                pace.quantile(0.99),
                incidents.losses(),
                incidents.restartsRemaining(),
                incidents.lastFailure(),
                incidents.lastRecovery(),
                workers));
  }

  @Override
  public void result(Result result) {
    // the beans go with the master; what remains is result.json
  }

  @Override
  public void close() {
    if (beans != null) {
      beans.close();
    }
  }

  private static JobSnapshot.WorkerSnapshot worker(Progress.Rank rank) {
    var id = WorkerId.parse(rank.worker());
    return new JobSnapshot.WorkerSnapshot(
        rank.node(), id.number(), rank.pid(), rank.rank(), "MEMBER", rank.step(), Double.NaN);
  }
}
