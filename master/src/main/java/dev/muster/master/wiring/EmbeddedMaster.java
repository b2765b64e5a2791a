package dev.muster.master.wiring;

import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.journal.MemoryJournal;
import dev.muster.master.report.RunFolderOutlet;
import dev.muster.master.report.RunReport;
import dev.muster.master.report.SampleCount;
import dev.muster.protocol.job.Settings;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.link.LocalLink;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;

/** A master inside the caller's JVM: the job core's shell on a local actor system. */
public final class EmbeddedMaster {
  private final Inbox<JobEvent> inbox;
  private final LocalLink link;
  private final RunReport report;
  private final CompletableFuture<Result> result;

  private EmbeddedMaster(Inbox<JobEvent> inbox, LocalLink link, RunReport report) {
    this.inbox = inbox;
    this.link = link;
    this.report = report;
    this.result = report.result().copy();
  }

  public static EmbeddedMaster start(ActorSystem<?> system, RunFolder folder, Settings settings)
      throws IOException {
    var terms = settings.master();
    var config = JobConfig.of(folder.run(), settings.job(), 1, terms.leaseNs(), terms.beatNs());
    var inbox = new Inbox<JobEvent>();
    var link = new LocalLink(JobHost.handler(inbox::tell));
    var report = new RunReport(List.of(new RunFolderOutlet(folder)), new SampleCount(folder));
    var master = new EmbeddedMaster(inbox, link, report);
    var host =
        new JobHost(
            config,
            1,
            0,
            false,
            report,
            link,
            node -> link.disconnect(node, "given up by the master"),
            answer -> {}, // nobody can ask
            master::fail);
    var hosted = host.start(new MemoryJournal(), List.of());
    ActorRef<JobEvent> core = system.systemActorOf(hosted.shell(), "job", Props.empty());
    core.tell(hosted.first());
    inbox.open(core);
    return master;
  }

  /** Where agents of this JVM connect. */
  public LocalLink link() {
    return link;
  }

  public CompletableFuture<Result> result() {
    return result;
  }

  public void stop(String reason) {
    inbox.tell(new JobEvent.StopRequested(reason));
  }

  /** A core broke an invariant: nobody waits for a result that cannot come. */
  public void fail(Throwable broken) {
    result.completeExceptionally(broken);
  }

  public void close() {
    inbox.close();
    report.close();
  }
}
