package dev.muster.master.wiring;

import dev.muster.master.jmx.MasterSnapshot;
import dev.muster.master.jmx.MusterBeans;
import dev.muster.master.jmx.Operator;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.report.BeansOutlet;
import dev.muster.master.report.RunFolderOutlet;
import dev.muster.master.report.RunReport;
import dev.muster.master.report.SampleCount;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.wire.Secret;
import dev.muster.worker.link.LinkIdentity;
import dev.muster.worker.link.LinkLimits;
import dev.muster.worker.link.LinkServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A master in a process of its own: cluster, journal, agent links, reports, all around one job
 * core. Everything that can fail for a reason of the user's (address, secret, folder) fails in
 * {@link #start}, before anything is written.
 */
public final class MasterProcess {
  private static final String VERSION = "0.1.0";

  private final ClusterWiring<JobEvent> wiring;
  private final LinkServer server;
  private final RunReport report;

  private MasterProcess(ClusterWiring<JobEvent> wiring, LinkServer server, RunReport report) {
    this.wiring = wiring;
    this.server = server;
    this.report = report;
  }

  /**
   * Starts, or goes on where the journal of a former master of this run ends.
   *
   * @param listen loopback; port 0, or that of the former master of this run: that one if it is
   *     free, else any
   * @param fatal told of a broken invariant or journal; must end the process
   * @throws IOException the address, the secret or the folder cannot be used (definite)
   * @throws IllegalArgumentException the address is not allowed
   */
  public static MasterProcess start(
      RunFolder folder, JobConfig config, InetSocketAddress listen, Consumer<Throwable> fatal)
      throws IOException {
    LinkServer.requireLoopback(listen);
    var identity = new LinkIdentity(folder.run(), Secret.read(folder.secret()));
    var former = RunFiles.read(folder.master(), MasterFile.class);
    long startedEpochMillis = System.currentTimeMillis();
    var wiring = ClusterWiring.<JobEvent>start(folder.journal());
    try {
      var nodes = new Nodes(JobHost.handler(wiring::tell));
      var server = bind(wiring, listen, former, identity, nodes);
      long incarnation = former.map(MasterFile::incarnation).orElse(0L) + 1;
      var address =
          new MasterFile(
              ProcessHandle.current().pid(),
              listen.getHostString(),
              server.address().getPort(),
              incarnation,
              startedEpochMillis);
      var entries = new JournalCount();
      var answers = new Answers(wiring::tell);
      var report =
          report(
              folder,
              config,
              operator(wiring, answers),
              () -> snapshot(config, address, entries, nodes));
      boolean reopen = Files.exists(folder.formerResult(incarnation - 1));
      RunFiles.write(folder.master(), address);
      var host =
          new JobHost(
              config,
              incarnation,
              new SampleCount(folder).lastCommittedStep(),
              reopen,
              report,
              server,
              node -> server.disconnect(node, "given up by the master"),
              answers::told,
              fatal);
      wiring.host(
          new JobCodec(),
          (journal, kept) -> host.start(entries.of(journal, kept.size()), kept),
          fatal);
      return new MasterProcess(wiring, server, report);
    } catch (IOException | RuntimeException e) {
      wiring.stop();
      throw e;
    }
  }

  /** Where agents connect. */
  public InetSocketAddress address() {
    return server.address();
  }

  /** Asks for the end of the job; its result comes later. */
  public void stop(String reason) {
    wiring.tell(new JobEvent.StopRequested(reason));
  }

  /** Complete once result.json is written. */
  public CompletableFuture<Result> result() {
    return report.result();
  }

  /** Ends links, actors and journal, in this order; returns when all have. */
  public void close() {
    wiring.mute();
    server.close("the run is over").toCompletableFuture().join();
    wiring.stop().toCompletableFuture().join();
    report.close();
  }

  private static LinkServer bind(
      ClusterWiring<JobEvent> wiring,
      InetSocketAddress listen,
      Optional<MasterFile> former,
      LinkIdentity identity,
      Nodes nodes)
      throws IOException {
    int port = former.map(MasterFile::port).orElse(0);
    if (port == 0 || listen.getPort() != 0 && listen.getPort() != port) {
      return bind(wiring, listen, identity, nodes);
    }
    try {
      return bind(wiring, new InetSocketAddress(listen.getAddress(), port), identity, nodes);
    } catch (IOException taken) {
      return bind(
          wiring,
          new InetSocketAddress(listen.getAddress(), 0),
          identity,
          nodes); // agents on this host read the new port from master.json
    }
  }

  private static LinkServer bind(
      ClusterWiring<JobEvent> wiring, InetSocketAddress listen, LinkIdentity identity, Nodes nodes)
      throws IOException {
    try {
      return LinkServer.bind(wiring.system(), listen, identity, LinkLimits.DEFAULT, nodes)
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      throw new IOException(
          "cannot listen: address="
              + listen.getHostString()
              + ":"
              + listen.getPort()
              + " reason="
              + e.getCause().getMessage()
              + "; is the port in use? port 0 takes a free one",
          e.getCause());
    }
  }

  private static RunReport report(
      RunFolder folder, JobConfig config, Operator operator, Supplier<MasterSnapshot> master)
      throws IOException {
    var server = ManagementFactory.getPlatformMBeanServer();
    var beans = new BeansOutlet(() -> new MusterBeans(server, operator), config.job(), master);
    return new RunReport(List.of(new RunFolderOutlet(folder), beans), new SampleCount(folder));
  }

  private static Operator operator(ClusterWiring<JobEvent> wiring, Answers answers) {
    return new Operator() {
      @Override
      public void stop(String job, long generation, String reason) {
        wiring.tell(new JobEvent.StopRequested(reason));
      }

      @Override
      public CompletionStage<Answer> checkpoint(String reason) {
        return answers.checkpoint(reason);
      }
    };
  }

  private static MasterSnapshot snapshot(
      JobConfig config, MasterFile file, JournalCount entries, Nodes nodes) {
    return new MasterSnapshot(
        config.run().name(),
        "ACTIVE",
        file.incarnation(),
        file.host() + ":" + file.port(),
        file.startedEpochMillis(),
        file.startedEpochMillis(),
        VERSION,
        entries.get(),
        nodes.rows());
  }
}
