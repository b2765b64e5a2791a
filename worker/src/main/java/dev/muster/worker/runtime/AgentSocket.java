package dev.muster.worker.runtime;

import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalCodec;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;

/**
 * A worker's end of the Unix socket to its agent. The step thread sends, one other thread receives.
 */
final class AgentSocket implements AgentSink, AutoCloseable {
  private final SocketChannel channel;
  private final LocalCodec codec = new LocalCodec();
  private final FrameDecoder decoder = new FrameDecoder(LocalMessage.MAX_FRAME_BYTES);
  private final ByteBuffer in = ByteBuffer.allocate(16 << 10);
  private final ArrayDeque<ToWorker> received = new ArrayDeque<>();

  private AgentSocket(SocketChannel channel) {
    this.channel = channel;
  }

  static AgentSocket connect(Path path) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      channel.close();
      throw new IOException(
          "cannot reach the agent: socket=" + path + " error=" + e.getMessage(), e);
    }
    return new AgentSocket(channel);
  }

  @Override
  public synchronized void send(FromWorker message) throws IOException {
    ByteBuffer frame =
        ByteBuffer.wrap(Frames.encode(codec.encode(message), LocalMessage.MAX_FRAME_BYTES));
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /**
   * Waits for the next message; null at the end of the stream.
   *
   * @throws IOException the connection broke, or what came is no message of this protocol
   */
  ToWorker receive() throws IOException {
    while (received.isEmpty()) {
      if (channel.read(in.clear()) < 0) {
        return null;
      }
      decode(in.flip());
    }
    return received.poll();
  }

  private void decode(ByteBuffer bytes) throws IOException {
    try {
      for (byte[] frame : decoder.feed(bytes)) {
        received.add(codec.decodeToWorker(frame));
      }
    } catch (MalformedFrameException e) {
      throw new IOException("bad message from the agent: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
