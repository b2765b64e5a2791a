package dev.muster.worker.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Store} behind a port of its own, for PyTorch of any version. A connection is closed,
 * with a logged reason, when its address is not of the group, when there are too many, and when it
 * asks for what is unknown or beyond the limits; the others are not disturbed.
 *
 * <p>One thread of its own, which sleeps while nobody asks. {@link #status} and {@link #close} may
 * be called by any thread and do not wait for it.
 */
public final class StoreServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreServer.class);
  private static final int READ_BYTES = 64 << 10;
  private static final int BACKLOG = 4096; // all ranks come at once; the kernel may allow less
  private static final int LOGGED_REFUSALS = 20;

  private final Options options;
  private final ServerSocketChannel listener;
  private final Selector selector;
  private final Memory memory;
  private final Store store;
  private final Map<Long, Client> clients = new HashMap<>();
  private final Set<Long> answered = new LinkedHashSet<>();
  private final Deque<Refusal> refusals = new ArrayDeque<>();
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(READ_BYTES);
  private final InetSocketAddress address;
  private long nextId;
  private int refused;
  private volatile Status status;
  private volatile boolean closed;

  /** Found while others were served. */
  private record Refusal(Client client, String reason) {}

  /**
   * Whom a store serves.
   *
   * @param name in logs and of the thread
   * @param bind address of this host, any port
   * @param admitted addresses whose connections are accepted
   * @param rankOf of a process of this host, empty when it is no rank; called by the store's
   *     thread, must be quick
   */
  public record Options(
      String name,
      InetAddress bind,
      Predicate<InetAddress> admitted,
      int worldSize,
      Limits limits,
      IntFunction<OptionalInt> rankOf) {}

  private StoreServer(Options options, ServerSocketChannel listener, Selector selector)
      throws IOException {
    this.options = options;
    this.listener = listener;
    this.selector = selector;
    this.address = (InetSocketAddress) listener.getLocalAddress();
    this.memory = new Memory(options.limits().bytes());
    this.store = new Store(options.limits(), options.worldSize(), memory, this::send);
    this.status = Status.none(options.worldSize());
  }

  /**
   * Listens on a free port.
   *
   * @throws IOException cannot listen there (definite)
   */
  public static StoreServer open(Options options) throws IOException {
    var selector = Selector.open();
    ServerSocketChannel listener = null;
    try {
      listener = ServerSocketChannel.open();
      listener.bind(new InetSocketAddress(options.bind(), 0), BACKLOG).configureBlocking(false);
      listener.register(selector, SelectionKey.OP_ACCEPT);
      var server = new StoreServer(options, listener, selector);
      Thread.ofPlatform().daemon().name("store-" + options.name()).start(server::run);
      return server;
    } catch (IOException e) {
      selector.close();
      if (listener != null) {
        listener.close();
      }
      throw e;
    }
  }

  public InetSocketAddress address() {
    return address;
  }

  /** As of the last query that was answered. */
  public Status status() {
    return status;
  }

  /** Nobody is accepted any more; all connections end. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
  }

  private void run() {
    try {
      while (!closed) {
        selector.select(this::ready);
        afterwards();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("store fails, its ranks lose it: store={}", options.name(), e);
    } finally {
      end();
    }
  }

  private void ready(SelectionKey key) {
    if (key.isValid() && key.isAcceptable()) {
      accept();
    } else if (key.isValid()) {
      serve((Client) key.attachment());
    }
  }

  private void accept() {
    try {
      SocketChannel channel = listener.accept();
      if (channel != null) {
        admit(channel);
      }
    } catch (IOException e) {
      refusing("cannot accept: " + e.getMessage());
    }
  }

  private void admit(SocketChannel channel) throws IOException {
    var from = ((InetSocketAddress) channel.getRemoteAddress()).getAddress();
    if (!options.admitted().test(from)) {
      channel.close();
      refusing("address=" + from.getHostAddress() + " is not of the group");
    } else if (clients.size() >= options.limits().connections()) {
      channel.close();
      refusing("too many connections: expected<=" + options.limits().connections());
    } else {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
      var key = channel.register(selector, SelectionKey.OP_READ);
      var client = new Client(nextId++, channel, key, from, options.limits());
      key.attach(client);
      clients.put(client.id, client);
    }
  }

  private void serve(Client client) {
    try {
      if (client.key.isReadable() && !read(client)) {
        close(client);
        return;
      }
      answer(client);
      answered.add(client.id);
    } catch (BadQueryException bad) {
      close(client, bad.getMessage());
    } catch (IOException gone) {
      LOG.debug("connection lost: store={} from={}", options.name(), client.from, gone);
      close(client);
    }
  }

  /** False at the end of the stream. */
  private boolean read(Client client) throws IOException, BadQueryException {
    chunk.clear();
    int bytes = client.channel.read(chunk);
    if (bytes > 0) {
      client.reader.add(chunk.flip());
      book(client);
    }
    return bytes >= 0;
  }

  private void answer(Client client) throws BadQueryException {
    while (client.mayAsk()) {
      var query = client.reader.next();
      book(client);
      if (query.isEmpty()) {
        return;
      }
      identify(client, query.get());
      store.on(client.id, query.get());
      book(client);
    }
  }

  /** Its process id says which rank a process of this host is. */
  private void identify(Client client, Query query) {
    boolean here = client.from.isLoopbackAddress() || client.from.equals(options.bind());
    if (here && query.kind() == Query.Kind.PING) {
      options.rankOf().apply((int) query.number()).ifPresent(store::arrived);
    }
  }

  private void book(Client client) throws BadQueryException {
    long held = client.heldBytes();
    memory.change(held - client.bookedBytes);
    client.bookedBytes = held;
  }

  /** Called by the store, for whoever it concerns. */
  private void send(long connection, byte[]... parts) {
    var client = clients.get(connection);
    if (client != null) {
      List.of(parts).forEach(client::enqueue);
      answered.add(connection);
    }
  }

  /** Sends all answers of this round, then closes whom the round found at fault. */
  private void afterwards() {
    while (!answered.isEmpty()) {
      var round = List.copyOf(answered);
      answered.clear();
      round.stream().map(clients::get).filter(c -> c != null).forEach(this::flush);
    }
    while (!refusals.isEmpty()) {
      var refusal = refusals.removeFirst();
      close(refusal.client(), refusal.reason());
    }
    status = store.status();
  }

  private void flush(Client client) {
    try {
      boolean waited = !client.mayAsk();
      book(client);
      client.flush();
      book(client);
      if (waited && client.mayAsk()) {
        answer(client);
        answered.add(client.id);
      }
    } catch (BadQueryException bad) {
      refusals.add(new Refusal(client, bad.getMessage()));
    } catch (IOException gone) {
      LOG.debug("connection lost: store={} from={}", options.name(), client.from, gone);
      refusals.add(new Refusal(client, ""));
    }
  }

  private void close(Client client, String reason) {
    if (!reason.isEmpty()) {
      refusing("closed a connection: from=" + client.from.getHostAddress() + " " + reason);
    }
    close(client);
  }

  private void refusing(String what) {
    if (++refused <= LOGGED_REFUSALS) {
      LOG.warn("store={} {}", options.name(), what);
    }
  }

  private void close(Client client) {
    if (clients.remove(client.id) == null) {
      return;
    }
    store.closed(client.id);
    memory.release(client.bookedBytes);
    try {
      client.channel.close();
    } catch (IOException e) {
      LOG.debug("closing a connection: store={}", options.name(), e);
    }
  }

  private void end() {
    List.copyOf(clients.values()).forEach(this::close);
    try {
      listener.close();
      selector.close();
    } catch (IOException e) {
      LOG.warn("cannot close: store={} address={}", options.name(), address, e);
    }
    if (refused > 0) {
      LOG.info("store={} refused in all: {}", options.name(), refused);
    }
  }
}
