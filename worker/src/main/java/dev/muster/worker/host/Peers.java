package dev.muster.worker.host;

import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.checkpoint.peer.PeerStore;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Snapshots on their way to and from other nodes; blocks for as long as the network takes. */
final class Peers implements AutoCloseable {
  /** Of an agent that nobody can reach. */
  static final Peers NONE = new Peers(null, null, null);

  private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
  private static final String COPY = PeerStore.copyName("");

  private final BulkTransport transport;
  private final PeerStore store;
  private final SnapshotPlaces places;

  private Peers(BulkTransport transport, PeerStore store, SnapshotPlaces places) {
    this.transport = transport;
    this.store = store;
    this.places = places;
  }

  static Peers open(
      BulkTransport transport,
      InetSocketAddress address,
      String run,
      NodeId node,
      SnapshotPlaces places)
      throws IOException {
    var store = PeerStore.open(transport, address, run, node.name(), places);
    return new Peers(transport, store, places);
  }

  static boolean isCopy(String name) {
    return name.startsWith(COPY);
  }

  /** HOST:PORT; empty: none. */
  String address() {
    return store == null
        ? ""
        : store.address().getAddress().getHostAddress() + ":" + store.address().getPort();
  }

  AgentEvent push(AgentAction.Push a) {
    String problem = "";
    boolean passed = false;
    String name = Checkpoints.name(a.worker());
    var point = point(name, a.generation(), a.step());
    if (store == null || point == null) {
      passed = store != null;
      problem = passed ? "the snapshot is gone: worker=" + a.worker() : "this agent has no peers";
    } else {
      for (var peer : a.peers()) {
        problem = problem.isEmpty() ? push(name, point, peer) : problem;
      }
    }
    return new AgentEvent.ShardWritten(
        a.worker(), a.generation(), a.step(), Medium.MEMORY, problem, passed);
  }

  private String push(String name, SnapshotPoint point, ToAgent.Peer peer) {
    try {
      store.push(name, point, socket(peer));
      return "";
    } catch (IOException | RuntimeException e) {
      return "peer=" + peer.node() + ": " + e.getMessage();
    }
  }

  /** Null when this node has it no more. */
  private SnapshotPoint point(String name, long generation, long step) {
    return SnapshotCensus.of(places).complete().stream()
        .filter(found -> found.name().equals(name))
        .map(SnapshotCensus.Found::point)
        .filter(p -> p.generation() == generation && p.step() == step)
        .findFirst()
        .orElse(null);
  }

  /**
   * @param progress called whenever some of it has come
   */
  AgentEvent fetch(ToAgent.Fetch order, Runnable progress) {
    long generation = order.generation().number();
    for (var wanted : order.wanted()) {
      String problem = store == null ? "this agent has no peers" : fetch(order, wanted, progress);
      if (!problem.isEmpty()) {
        return new AgentEvent.SnapshotsFetched(generation, wanted.holder().node(), problem);
      }
      progress.run();
    }
    return AgentEvent.SnapshotsFetched.all(generation);
  }

  private String fetch(ToAgent.Fetch order, ToAgent.ShardAt wanted, Runnable progress) {
    long startNs = System.nanoTime();
    try {
      var point =
          new SnapshotPoint(order.step(), order.savedBy().number(), wanted.shard(), order.shards());
      var moved = store.fetch(point, socket(wanted.holder()), progress);
      LOG.info(
          "fetched: point={} from={} bytes={} ms={}",
          point,
          wanted.holder(),
          moved.bytes(),
          (System.nanoTime() - startNs) / 1_000_000);
      return "";
    } catch (IOException | RuntimeException e) {
      return "shard=" + wanted.shard() + " peer=" + wanted.holder() + ": " + e.getMessage();
    }
  }

  /** Copies that only earlier generations made; of those that go on nobody reads the rest. */
  void sweep(long beforeGeneration) {
    var newest = new TreeMap<String, Long>();
    SnapshotCensus.of(places).complete().stream()
        .filter(found -> isCopy(found.name()))
        .forEach(f -> newest.merge(f.name(), f.point().generation(), Math::max));
    newest.values().removeIf(generation -> generation >= beforeGeneration);
    if (store != null) {
      store.drop(newest.keySet());
    }
  }

  private static InetSocketAddress socket(ToAgent.Peer peer) {
    int colon = peer.address().lastIndexOf(':');
    return new InetSocketAddress(
        peer.address().substring(0, colon), Integer.parseInt(peer.address().substring(colon + 1)));
  }

  @Override
  public void close() {
    if (store != null) {
      store.close();
      transport.close();
    }
  }
}
