package dev.muster.worker.local;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalCodec;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's connection: a thread that reads, a thread that writes from a bounded queue. The
 * channel does not block, so that the reader can be told that nothing more will come.
 */
final class LocalConnection {
  private static final Logger LOG = LoggerFactory.getLogger(LocalConnection.class);
  private static final int MAX_QUEUED = 256;
  private static final long STACK_BYTES = 256 * 1024;

  private final LocalServer server;
  private final SocketChannel channel;
  private final LocalCodec codec = new LocalCodec();
  private final BlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final AtomicReference<String> closedBecause = new AtomicReference<>();
  private final Selector readable;
  private volatile boolean lastWords; // what is in the socket now is all there will be
  private WorkerId worker; // reader thread; null before its hello

  LocalConnection(LocalServer server, SocketChannel channel) throws IOException {
    this.server = server;
    this.channel = channel;
    this.readable = Selector.open();
    channel.configureBlocking(false);
    channel.register(readable, SelectionKey.OP_READ);
  }

  void start() {
    Thread.ofPlatform().daemon().stackSize(STACK_BYTES).name("local-reader").start(this::read);
  }

  boolean send(ToWorker message) {
    byte[] frame = Frames.encode(codec.encode(message), LocalMessage.MAX_FRAME_BYTES);
    if (!queue.offer(frame)) {
      close("does not read: queued=" + MAX_QUEUED);
      return false;
    }
    return true;
  }

  private void read() {
    var writer =
        Thread.ofPlatform().daemon().stackSize(STACK_BYTES).name("local-writer").start(this::write);
    try {
      readFrames();
      close("end of file");
    } catch (MalformedFrameException | LocalServer.RefusedException | IllegalArgumentException e) {
      LOG.warn("closing a worker's connection: worker={} reason={}", worker, e.getMessage());
      close(e.getMessage());
    } catch (IOException | ClosedSelectorException e) {
      close(String.valueOf(e.getMessage()));
    } finally {
      close("reader failed");
      writer.interrupt();
      server.left(worker, this);
      if (worker != null) {
        server.door().disconnected(worker, closedBecause.get());
      }
    }
  }

  private void readFrames()
      throws IOException, MalformedFrameException, LocalServer.RefusedException {
    var decoder = new FrameDecoder(LocalMessage.MAX_FRAME_BYTES);
    var buffer = ByteBuffer.allocate(16 * 1024);
    while (true) {
      boolean last = lastWords; // asked before the socket is
      int bytes = channel.read(buffer.clear());
      if (bytes < 0 || bytes == 0 && last) {
        return;
      }
      if (bytes == 0) {
        readable.select(key -> {});
      }
      for (byte[] frame : decoder.feed(buffer.flip())) {
        heard(codec.decodeFromWorker(frame));
      }
    }
  }

  /** Ends the reading where the socket is empty, as at the end of the stream. Any thread. */
  void hearOut() {
    lastWords = true;
    readable.wakeup();
  }

  private void heard(FromWorker message) throws LocalServer.RefusedException {
    if (worker != null) {
      server.door().said(worker, message);
    } else if (message instanceof FromWorker.Hello hello) {
      greet(hello);
    } else {
      throw new LocalServer.RefusedException(
          "expected hello first: actual=" + message.getClass().getSimpleName());
    }
  }

  private void greet(FromWorker.Hello hello) throws LocalServer.RefusedException {
    if (hello.version() != LocalMessage.VERSION) {
      throw new LocalServer.RefusedException(
          "worker protocol version: expected="
              + LocalMessage.VERSION
              + " actual="
              + hello.version());
    }
    WorkerId id = WorkerId.parse(hello.worker());
    ToWorker.Welcome welcome = server.door().admit(id, hello);
    server.admitted(id, this);
    worker = id;
    send(welcome);
    server.door().connected(id);
  }

  private void write() {
    try {
      while (closedBecause.get() == null) {
        var frame = ByteBuffer.wrap(queue.take());
        while (frame.hasRemaining()) {
          if (channel.write(frame) == 0) {
            awaitRoom();
          }
        }
      }
    } catch (IOException | ClosedSelectorException e) {
      close(String.valueOf(e.getMessage()));
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** A worker that does not read is rare; the reader interrupts this when the connection closes. */
  private void awaitRoom() throws IOException {
    try (var writable = Selector.open()) {
      channel.register(writable, SelectionKey.OP_WRITE);
      writable.select();
    }
  }

  /** Idempotent; the first reason counts. Any thread. */
  void close(String reason) {
    if (closedBecause.compareAndSet(null, reason)) {
      try {
        channel.close();
        readable.close(); // wakes the reader, which cleans up
      } catch (IOException e) {
        LOG.debug("close failed: worker={}", worker, e);
      }
    }
  }
}
