package dev.muster.worker.host;

import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.store.Limits;
import dev.muster.worker.store.StoreServer;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one store that this agent serves at a time. Any thread. */
final class GroupStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupStore.class);
  private static final int TRIES = 16;

  private final InetAddress reachedAt;
  private final IntFunction<OptionalInt> rankOf;
  private final Set<Integer> usedPorts = new HashSet<>();
  private StoreServer server; // null: none
  private long generation;
  private boolean closed;

  /**
   * @param reachedAt where other hosts reach this one; null: nowhere
   * @param rankOf of a process of this host
   */
  GroupStore(InetAddress reachedAt, IntFunction<OptionalInt> rankOf) {
    this.reachedAt = reachedAt;
    this.rankOf = rankOf;
  }

  /** Posts a {@link AgentEvent.StoreOpened}. */
  void open(AgentAction.OpenStore a, Consumer<AgentEvent> sink) {
    String endpoint = "";
    String problem = "";
    try {
      endpoint = open(a);
      LOG.info("store is open: generation={} endpoint={}", a.generation(), endpoint);
    } catch (IOException e) {
      problem = "cannot listen at " + bind(a.hosts()) + ": " + e.getMessage();
    }
    sink.accept(new AgentEvent.StoreOpened(a.generation(), endpoint, problem));
  }

  private synchronized String open(AgentAction.OpenStore a) throws IOException {
    closeServer();
    if (closed) {
      throw new IOException("the agent ends");
    }
    var bind = bind(a.hosts());
    server = fresh(options(a, bind));
    generation = a.generation();
    usedPorts.add(server.address().getPort());
    return bind.getHostAddress() + ":" + server.address().getPort();
  }

  private StoreServer.Options options(AgentAction.OpenStore a, InetAddress bind)
      throws IOException {
    return new StoreServer.Options(
        "generation-" + a.generation(),
        bind,
        admitted(bind, a.hosts()),
        a.worldSize(),
        Limits.of(a.worldSize()),
        rankOf);
  }

  /** A rank of an earlier generation may still try its port. */
  private StoreServer fresh(StoreServer.Options options) throws IOException {
    var passedOver = new ArrayList<StoreServer>();
    try {
      var next = StoreServer.open(options);
      while (usedPorts.contains(next.address().getPort())) {
        passedOver.add(next);
        if (passedOver.size() > TRIES) {
          usedPorts.clear(); // as good as all there are
        }
        next = StoreServer.open(options);
      }
      return next;
    } finally {
      passedOver.forEach(StoreServer::close);
    }
  }

  private InetAddress bind(List<String> hosts) {
    return hosts.isEmpty() || reachedAt == null ? InetAddress.getLoopbackAddress() : reachedAt;
  }

  private static Predicate<InetAddress> admitted(InetAddress bind, List<String> hosts)
      throws IOException {
    var addresses = new HashSet<InetAddress>(List.of(bind));
    for (String host : hosts) {
      addresses.addAll(List.of(InetAddress.getAllByName(host)));
    }
    boolean here = bind.isLoopbackAddress();
    return from -> addresses.contains(from) || here && from.isLoopbackAddress();
  }

  synchronized void close(long of) {
    if (generation == of) {
      closeServer();
    }
  }

  /** Posts a {@link AgentEvent.StoreLooked} if it is open. */
  synchronized void look(long of, Consumer<AgentEvent> sink) {
    if (server != null && generation == of) {
      var status = server.status();
      sink.accept(
          new AgentEvent.StoreLooked(
              of, status.joined(), status.missing(), new TreeMap<>(status.waiting())));
    }
  }

  private void closeServer() {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    closeServer();
  }
}
