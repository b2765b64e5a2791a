package dev.muster.cli.bench;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.hosts.Crossovers;
import dev.muster.collectives.hosts.Endpoint;
import dev.muster.collectives.hosts.HostGroups;
import dev.muster.collectives.hosts.Limits;
import dev.muster.collectives.hosts.Placement;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A rank of {@code muster bench hosts}: two ranks on each host. Obeys the commands of {@link
 * CollectiveRank}, and two more.
 *
 * <pre>
 * stream   so many messages from rank 0 to rank 2, which says at the end that it has them
 * socket   the same bytes between the same processes over a plain socket
 * </pre>
 */
public final class HostRank {
  static final int EACH = 2;
  private static final int GIVER = 0;
  private static final int TAKER = 2;

  private final Communicator communicator;
  private final CollectiveRank collectives;
  private final MemorySegment memory;
  private final SocketChannel socket; // null but of the giver and the taker

  private HostRank(Communicator communicator, MemorySegment memory, SocketChannel socket) {
    this.communicator = communicator;
    this.memory = memory;
    this.socket = socket;
    this.collectives =
        new CollectiveRank(communicator, memory, communicator.allocate(memory.byteSize()));
  }

  /**
   * FOLDER, RANK, BYTES_MAX, the four fields of {@link Crossovers}, ADDRESS and PORT of each host;
   * the next port of the second is for the socket.
   */
  public static void main(String[] args) throws IOException {
    int rank = Integer.parseInt(args[1]);
    int host = rank / EACH;
    long bytes = Long.parseLong(args[2]);
    var crossovers =
        new Crossovers(
            Long.parseLong(args[3]),
            Long.parseLong(args[4]),
            Long.parseLong(args[5]),
            Long.parseLong(args[6]));
    var placement = placement(args, 7);
    var own = placement.hosts().get(host).address();
    int port = rank % EACH == 0 ? own.getPort() : 0;
    try (var endpoint =
        new Endpoint(new InetSocketAddress(own.getAddress(), port), args[0], new byte[32])) {
      var groups =
          new HostGroups(
              new SharedMemoryGroups(),
              placement.hosts().get(host).name(),
              endpoint,
              spec -> placement,
              Limits.DEFAULT,
              crossovers);
      var spec =
          new HostGroups.Spec(
              Path.of(args[0]).resolve("host" + host),
              "bench",
              1,
              placement.worldSize(),
              0,
              2 * bytes);
      try (var socket = socket(rank, placement.hosts().get(1).address());
          var communicator = groups.join(spec, rank)) {
        var memory = communicator.allocate(bytes);
        new HostRank(communicator, memory, socket)
            .obey(new BufferedReader(new InputStreamReader(System.in)));
      }
    }
  }

  private static Placement placement(String[] args, int from) {
    var hosts = new ArrayList<Placement.Host>();
    for (int at = from; at < args.length; at += 2) {
      int first = EACH * hosts.size();
      hosts.add(
          new Placement.Host("host" + hosts.size(), address(args, at), List.of(first, first + 1)));
    }
    return new Placement(hosts);
  }

  private static InetSocketAddress address(String[] args, int at) {
    return new InetSocketAddress(args[at], Integer.parseInt(args[at + 1]));
  }

  private static SocketChannel socket(int rank, InetSocketAddress taker) throws IOException {
    var address = new InetSocketAddress(taker.getAddress(), taker.getPort() + 1);
    if (rank == TAKER) {
      try (var server = ServerSocketChannel.open().bind(address)) {
        return server.accept();
      }
    }
    for (int tries = 0; rank == GIVER; tries++) {
      try {
        return SocketChannel.open(address);
      } catch (IOException e) {
        if (tries > 10_000) {
          throw e;
        }
        java.util.concurrent.locks.LockSupport.parkNanos(1_000_000); // it does not listen yet
      }
    }
    return null;
  }

  private void obey(BufferedReader commands) throws IOException {
    for (String line; (line = commands.readLine()) != null; ) {
      var words = line.split(" ");
      long bytes = Long.parseLong(words[2]);
      int calls = Integer.parseInt(words[3]);
      System.out.println(
          switch (words[0]) {
            case "stream" -> collectives.cost(1, () -> stream(bytes, calls));
            case "socket" -> collectives.cost(1, () -> socket(bytes, calls));
            default -> collectives.answer(words);
          });
    }
  }

  private void stream(long bytes, int messages) {
    var buffer = Buffer.float32(memory.asSlice(0, bytes));
    var last = Scratch.LAST;
    for (int i = 0; i < messages; i++) {
      if (communicator.rank() == GIVER) {
        run(new Operation.Send(buffer, TAKER));
      } else if (communicator.rank() == TAKER) {
        run(new Operation.Receive(buffer, GIVER));
      }
    }
    if (communicator.rank() == GIVER) {
      run(new Operation.Receive(last, TAKER));
    } else if (communicator.rank() == TAKER) {
      run(new Operation.Send(last, GIVER));
    }
  }

  private void run(Operation operation) {
    communicator.run(operation, Stream.NONE);
  }

  /** What says that all has come. */
  private static final class Scratch {
    private static final Buffer LAST = Buffer.float32(Arena.global().allocate(4, 64));

    private Scratch() {}
  }

  private void socket(long bytes, int messages) {
    try {
      for (int i = 0; i < messages && socket != null; i++) {
        var buffer = memory.asSlice(0, bytes).asByteBuffer();
        while (buffer.hasRemaining()) {
          move(buffer);
        }
      }
      var last = ByteBuffer.allocateDirect(1);
      while (socket != null && last.hasRemaining()) {
        int moved = communicator.rank() == GIVER ? socket.read(last) : socket.write(last);
        requireOpen(moved);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void move(ByteBuffer buffer) throws IOException {
    requireOpen(communicator.rank() == GIVER ? socket.write(buffer) : socket.read(buffer));
  }

  private static void requireOpen(int moved) throws IOException {
    if (moved < 0) {
      throw new IOException("the other end of the socket has gone");
    }
  }
}
