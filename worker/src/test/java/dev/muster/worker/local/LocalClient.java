package dev.muster.worker.local;

import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalCodec;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;

/** A worker's end of the socket, driven by a test. */
public final class LocalClient implements AutoCloseable {
  private final SocketChannel channel;
  private final LocalCodec codec = new LocalCodec();
  private final FrameDecoder decoder = new FrameDecoder(LocalMessage.MAX_FRAME_BYTES);
  private final Queue<ToWorker> heard = new ArrayDeque<>();

  public LocalClient(Path socket) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  public void say(FromWorker message) throws IOException {
    raw(Frames.encode(codec.encode(message), LocalMessage.MAX_FRAME_BYTES));
  }

  public void raw(byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /** The next message, null at the end of the stream. */
  public ToWorker hear() throws Exception {
    var buffer = ByteBuffer.allocate(4096);
    while (heard.isEmpty()) {
      if (channel.read(buffer.clear()) < 0) {
        return null;
      }
      for (byte[] frame : decoder.feed(buffer.flip())) {
        heard.add(codec.decodeToWorker(frame));
      }
    }
    return heard.poll();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
