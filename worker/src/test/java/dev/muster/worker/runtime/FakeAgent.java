package dev.muster.worker.runtime;

import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalCodec;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The agent's end of the worker protocol over a real Unix socket, driven by a test. */
final class FakeAgent implements AutoCloseable {
  /**
   * @param message null: the connection ended
   */
  record Event(String worker, FromWorker message) {}

  private static final LocalCodec CODEC = new LocalCodec();

  final Path folder;
  private final long steps;
  private final long seed;
  private final String gpus; // null: the job asks for none
  private final ServerSocketChannel server;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Map<String, SocketChannel> connections = new ConcurrentHashMap<>();
  private final Map<String, ControlPage> pages = new ConcurrentHashMap<>();

  FakeAgent(Path folder, long steps, long seed) throws IOException {
    this(folder, steps, seed, null);
  }

  FakeAgent(Path folder, long steps, long seed, String gpus) throws IOException {
    this.gpus = gpus;
    this.folder = folder;
    this.steps = steps;
    this.seed = seed;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket()));
    Thread.ofVirtual().start(this::accept);
  }

  Path socket() {
    return folder.resolve("agent.sock");
  }

  Path sampleLog(String worker) {
    return folder.resolve(worker.replace('/', '-') + ".samples");
  }

  ControlPage page(String worker) {
    return pages.get(worker);
  }

  /** The next event; a test that waits longer than any healthy run is stuck. */
  Event next(String context) throws InterruptedException {
    Event event = events.poll(60, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("nothing happened for 60 s: " + context);
    }
    return event;
  }

  void post(String worker, FromWorker message) {
    events.add(new Event(worker, message));
  }

  void tell(String worker, ToWorker message) {
    try {
      write(connections.get(worker), message);
    } catch (IOException e) {
      // it died meanwhile: its end of file is on the way
    }
  }

  void disconnect(String worker) throws IOException {
    connections.get(worker).close();
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel channel = server.accept();
        Thread.ofVirtual().start(() -> serve(channel));
      }
    } catch (IOException e) {
      // closed with the test
    }
  }

  private void serve(SocketChannel channel) {
    String worker = null;
    var decoder = new FrameDecoder(LocalMessage.MAX_FRAME_BYTES);
    var in = ByteBuffer.allocate(4096);
    try (channel) {
      while (channel.read(in.clear()) >= 0) {
        for (byte[] frame : decoder.feed(in.flip())) {
          var message = CODEC.decodeFromWorker(frame);
          if (message instanceof FromWorker.Hello hello) {
            worker = hello.worker();
            welcome(worker, channel);
          }
          post(worker, message);
        }
      }
    } catch (IOException | MalformedFrameException e) {
      // as good as its end
    }
    post(worker, null);
  }

  private void welcome(String worker, SocketChannel channel) throws IOException {
    connections.put(worker, channel);
    Path page = folder.resolve(worker.replace('/', '-') + ".page");
    pages.put(worker, ControlPage.create(page));
    write(
        channel,
        new ToWorker.Welcome(
            LocalMessage.VERSION,
            "test",
            page.toString(),
            folder.toString(),
            sampleLog(worker).toString(),
            seed,
            steps,
            1 << 20,
            Map.of(),
            List.of(),
            "",
            null,
            null,
            null,
            null,
            gpus));
  }

  private static void write(SocketChannel channel, ToWorker message) throws IOException {
    var frame = ByteBuffer.wrap(Frames.encode(CODEC.encode(message)));
    synchronized (channel) {
      while (frame.hasRemaining()) {
        channel.write(frame);
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var channel : connections.values()) {
      channel.close();
    }
  }
}
