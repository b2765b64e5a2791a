package dev.muster.worker.host;

import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.storage.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of one agent's workers, and their way to storage. Snapshots outlive workers and a
 * killed agent; one that ends in order takes them along. What goes out runs on a thread of its own,
 * and so does what is fetched: a group that waits for its state does not wait for the storage.
 */
final class Checkpoints implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  private static final long PROGRESS_NS = 100_000_000L;

  private final Path shared;
  private final Path disk;
  private final Path defaultStorage;
  private final String run;
  private final SnapshotPlaces places;
  private final Stores stores = new Stores();
  private final ExecutorService writer = thread("agent-checkpoints");
  private final ExecutorService fetcher = thread("agent-fetches");
  private volatile Peers peers = Peers.NONE;
  private volatile JobSpec job; // null before the first launch

  /**
   * @param memory folder of the run in shared memory
   */
  Checkpoints(NodeId node, Path memory, RunFolder folder) {
    this.shared = memory.resolve("snapshots-" + node);
    this.disk = folder.root().resolve("snapshots").resolve(node.name());
    this.defaultStorage = folder.checkpoints();
    this.run = folder.run().name();
    this.places = new SnapshotPlaces(shared, disk, LOG::info);
  }

  /**
   * From now on peers can push and fetch; the transport is closed with this.
   *
   * @return HOST:PORT
   */
  String serve(BulkTransport transport, InetSocketAddress address, String run, NodeId node)
      throws IOException {
    peers = Peers.open(transport, address, run, node, places);
    return peers.address();
  }

  /** Before anything else: what the job wants. */
  void of(JobSpec spec) {
    job = spec;
  }

  /** For a welcome: where workers keep their snapshots. */
  List<String> snapshots() {
    return job.checkpoint().saves() ? List.of(shared.toString(), disk.toString()) : List.of();
  }

  /** Folder or URI of the storage. */
  String storage() {
    String folder = job.checkpoint().folder();
    return folder.isEmpty() ? defaultStorage.toString() : Storages.absolute(folder);
  }

  /** What is complete, by headers alone: some microseconds a file. */
  List<ToMaster.Snapshot> census() {
    var census = SnapshotCensus.of(places);
    census.damaged().forEach(d -> LOG.warn("damaged snapshot, not counted: {}", d.reason()));
    return census.complete().stream()
        .map(found -> found.point())
        .map(p ->
            new ToMaster.Snapshot(
                new Generation(p.generation()), p.step(), p.rank(), p.worldSize()))
        .toList();
  }

  /** Posts a {@link AgentEvent.ShardWritten}. */
  void persist(AgentAction.Persist a, Consumer<AgentEvent> sink) {
    execute(() -> sink.accept(Shards.write(places, stores.of(storage()), a)));
  }

  /** Posts a {@link AgentEvent.ShardWritten}. */
  void push(AgentAction.Push a, Consumer<AgentEvent> sink) {
    execute(() -> sink.accept(peers.push(a)));
  }

  /** Posts a {@link AgentEvent.SnapshotsFetched}, and at times that some of it has come. */
  void fetch(ToAgent.Fetch order, Consumer<AgentEvent> sink) {
    var arriving = new AgentEvent.SnapshotsArriving(order.generation().number());
    var progress = new Seldom(PROGRESS_NS, () -> sink.accept(arriving));
    execute(fetcher, () -> sink.accept(peers.fetch(order, progress)));
  }

  /** What is called for each block is done once in a while. One thread. */
  private static final class Seldom implements Runnable {
    private final long everyNs;
    private final Runnable work;
    private long sinceNs = System.nanoTime();

    private Seldom(long everyNs, Runnable work) {
      this.everyNs = everyNs;
      this.work = work;
    }

    @Override
    public void run() {
      long nowNs = System.nanoTime();
      if (nowNs - sinceNs >= everyNs) {
        sinceNs = nowNs;
        work.run();
      }
    }
  }

  void sweepCopies(long beforeGeneration) {
    execute(() -> peers.sweep(beforeGeneration));
  }

  /** Posts a {@link AgentEvent.Salvaged}. */
  void salvage(AgentAction.Salvage a, Consumer<AgentEvent> sink) {
    of(a.job());
    execute(() -> sink.accept(Shards.salvage(places, stores.of(storage()), a.order())));
  }

  /** Posts a {@link AgentEvent.CheckpointCommitted}. */
  void commit(AgentAction.CommitCheckpoint a, Consumer<AgentEvent> sink) {
    of(a.job());
    execute(() -> sink.accept(Shards.commit(stores.of(storage()), run, a)));
  }

  /** Posts a {@link AgentEvent.CheckpointsListed}. */
  void list(JobSpec spec, Consumer<AgentEvent> sink) {
    of(spec);
    execute(() -> sink.accept(Shards.list(stores.of(storage()), run)));
  }

  void sweep(List<WorkerId> keep) {
    Set<String> names = keep.stream().map(Checkpoints::name).collect(Collectors.toSet());
    execute(() ->
        places.names().stream()
            .filter(name -> !names.contains(name) && !Peers.isCopy(name))
            .forEach(places::remove));
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
  }

  private void execute(Runnable work) {
    execute(writer, work);
  }

  private static void execute(ExecutorService thread, Runnable work) {
    try {
      thread.execute(() -> {
        try {
          work.run();
        } catch (UncheckedIOException e) {
          LOG.warn("snapshots: {}", e.getMessage());
        }
      });
    } catch (RejectedExecutionException closing) {
      LOG.debug("closing, no more checkpoints");
    }
  }

  static String name(WorkerId worker) {
    return worker.node() + "-" + worker.number();
  }

  /** Takes the snapshots along: nobody resumes a run whose agents ended in order. */
  @Override
  public void close() {
    peers.close();
    writer.shutdownNow();
    fetcher.shutdownNow();
    try {
      places.sweep();
      for (Path folder : List.of(shared, disk)) {
        Files.deleteIfExists(folder);
      }
      Files.deleteIfExists(disk.getParent());
    } catch (DirectoryNotEmptyException inUse) {
      LOG.debug("others keep snapshots here: {}", inUse.getMessage());
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("cannot remove snapshots: {}", e.getMessage());
    }
  }
}
