package dev.muster.collectives.hosts;

import dev.muster.collectives.hosts.Ballot.Outcome;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's connections to the leaders of the other hosts: votes, signs of life, and how a group
 * ends everywhere once it ended somewhere. A thread per host that listens, and one that shows that
 * this host lives and looks whether somebody here ended the group.
 *
 * <pre>
 *   u8 FLIGHTS    as {@link HostFlights} says, and a sign of life
 *   u8 VOTE       i64 step
 *   u8 STATEMENT  i64 votes[hosts], u8 closed[hosts], utf reason
 *   u8 FAREWELL   as a statement: no rank here will take part again, which ends nothing by itself
 * </pre>
 *
 * Any thread.
 */
final class Council implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Council.class);
  private static final long LOOK_NS = 2_000_000;
  private static final int REASON_MAX = 1_000;
  private static final int SPINS = 2_000;
  private static final long FAREWELL_NS = 500_000_000;

  private static final byte FLIGHTS = 0;
  private static final byte VOTE = 1;
  private static final byte STATEMENT = 2;
  private static final byte FAREWELL = 3;

  /** The writing end of one connection, and when the other end was last heard. */
  private static final class Seat {
    private final int host;
    private final SocketChannel channel;
    private volatile long heardNs = System.nanoTime();

    Seat(int host, SocketChannel channel) {
      this.host = host;
      this.channel = channel;
    }

    synchronized void say(byte[] message) throws IOException {
      var bytes = ByteBuffer.wrap(message);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    /** Closing with something unread could take the last words back. */
    void sayNoMore() {
      try {
        channel.shutdownOutput();
      } catch (IOException e) {
        LOG.debug("already gone: host={}", host, e);
      }
    }
  }

  private final Place place;
  private final Words words;
  private final Limits limits;
  private final HostFlights flights;
  private final List<Seat> seats = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Ballot ballot; // guarded by this
  private volatile int changes;
  private volatile boolean closed;

  /**
   * @param flights to close with this
   * @param channels by host, blocking; null for this one
   */
  Council(
      Place place,
      Words words,
      Limits limits,
      HostFlights flights,
      SocketChannel[] channels,
      long startStep) {
    this.place = place;
    this.words = words;
    this.limits = limits;
    this.flights = flights;
    this.ballot = new Ballot(place.hosts(), place.host(), startStep);
    for (int host = 0; host < channels.length; host++) {
      if (channels[host] != null) {
        seats.add(new Seat(host, channels[host]));
      }
    }
  }

  void start() {
    seats.forEach(seat -> threads.add(thread("hears", () -> listen(seat))));
    threads.add(thread("looks", this::look));
    threads.forEach(Thread::start);
  }

  private Thread thread(String name, Runnable body) {
    return Thread.ofPlatform()
        .daemon()
        .name("council-" + place.host(place.host()).name() + "-" + name)
        .unstarted(body);
  }

  /**
   * Votes for a step that this host's word of votes has decided, and waits until all hosts have, or
   * never will. Never longer than a host may be silent.
   */
  Outcome decide(long step) {
    synchronized (this) {
      ballot.voted(place.host(), step);
    }
    tellAll(message(VOTE, out -> out.writeLong(step)));
    for (int spins = 0; ; spins++) {
      int seen = changes;
      synchronized (this) {
        var outcome = ballot.outcome(step);
        if (outcome != Outcome.PENDING) {
          return outcome;
        }
        if (spins > 0) {
          await();
        }
      }
      for (int i = 0; i < SPINS && seen == changes; i++) {
        Thread.onSpinWait();
      }
    }
  }

  /** Holding the lock: a change notifies. */
  private void await() {
    try {
      wait(TimeUnit.SECONDS.toMillis(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the step thread's business, after the outcome
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  synchronized String ballot() {
    return ballot.toString();
  }

  /** Tells the others now if somebody on this host has ended the group. */
  void tellIfRevoked() {
    if (words.revoked()) {
      end(words.reason());
    }
  }

  /**
   * Ends the group on this host and tells the others. The leader's own thread may be in {@link
   * #decide}: then it is the one that ends the outcome, too.
   */
  private void end(String reason) {
    long voted = words.closeVotes(reason);
    synchronized (this) {
      if (ballot.closed()) {
        return;
      }
      ballot.close(voted);
      changed();
      tellAll(message(FLIGHTS, flights::tell)); // the last sight of this host
      // within the lock: who finds it closed may end the process, or say farewell, at once
      tellAll(statement(STATEMENT, ballot.statement(), reason));
    }
    if (words.committedStep() >= voted) {
      words.end(reason);
    }
  }

  private void changed() {
    changes++;
    notifyAll();
  }

  // ---- listening

  private void listen(Seat seat) {
    try (var in =
        new DataInputStream(new BufferedInputStream(Channels.newInputStream(seat.channel)))) {
      while (true) {
        hear(seat, in);
      }
    } catch (IOException e) {
      lost(seat, "the connection ended: " + e);
    }
  }

  private void hear(Seat seat, DataInputStream in) throws IOException {
    byte kind = in.readByte();
    seat.heardNs = System.nanoTime();
    switch (kind) {
      case FLIGHTS -> flights.hear(in);
      case VOTE -> {
        long step = in.readLong();
        synchronized (this) {
          ballot.voted(seat.host, step);
          changed();
        }
      }
      case STATEMENT -> {
        stated(seat, in);
        end(in.readUTF());
      }
      case FAREWELL -> {
        stated(seat, in);
        in.readUTF();
      }
      default -> throw new IOException("unknown message: kind=" + kind);
    }
  }

  private void stated(Seat seat, DataInputStream in) throws IOException {
    var votes = new long[place.hosts()];
    var hostsClosed = new boolean[place.hosts()];
    for (int host = 0; host < votes.length; host++) {
      votes[host] = in.readLong();
    }
    for (int host = 0; host < votes.length; host++) {
      hostsClosed[host] = in.readBoolean();
    }
    synchronized (this) {
      ballot.stated(seat.host, new Ballot.Statement(votes, hostsClosed));
      changed();
    }
  }

  private void lost(Seat seat, String why) {
    boolean news;
    synchronized (this) {
      news = !ballot.gone(seat.host) && !closed;
      ballot.lost(seat.host);
      changed();
    }
    if (news) {
      end("host %s is lost: %s".formatted(place.host(seat.host).name(), why));
    }
  }

  // ---- beating and looking

  private void look() {
    long beatNs = System.nanoTime();
    while (!closed) {
      tellIfRevoked();
      if (System.nanoTime() - beatNs >= limits.beat().toNanos()) {
        beatNs = System.nanoTime();
        tellAll(message(FLIGHTS, flights::tell));
        seats.forEach(this::requireSignOfLife);
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  private void requireSignOfLife(Seat seat) {
    long silentMs = (System.nanoTime() - seat.heardNs) / 1_000_000;
    if (silentMs > limits.silence().toMillis()) {
      lost(seat, "silentMs=" + silentMs + " limitMs=" + limits.silence().toMillis());
    }
  }

  // ---- telling

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private static byte[] message(byte kind, Writing writing) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(kind);
      writing.to(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] statement(byte kind, Ballot.Statement statement, String reason) {
    return message(
        kind,
        out -> {
          for (long vote : statement.votes()) {
            out.writeLong(vote);
          }
          for (boolean each : statement.closed()) {
            out.writeBoolean(each);
          }
          out.writeUTF(reason.substring(0, Math.min(reason.length(), REASON_MAX)));
        });
  }

  private void tellAll(byte[] message) {
    for (var seat : seats) {
      try {
        seat.say(message);
      } catch (IOException e) {
        LOG.debug("the listener will see it: host={}", place.host(seat.host).name(), e);
      }
    }
  }

  /** Says farewell, so that the others do not take the end of the connections for a death. */
  @Override
  public void close() {
    tellIfRevoked();
    Ballot.Statement statement;
    synchronized (this) {
      closed = true;
      ballot.close(words.votedStep());
      statement = ballot.statement();
      changed();
    }
    tellAll(statement(FAREWELL, statement, "left"));
    seats.forEach(Seat::sayNoMore);
    long endNs = System.nanoTime() + FAREWELL_NS;
    threads.forEach(thread -> join(thread, endNs));
    seats.forEach(seat -> Endpoint.closeQuietly(seat.channel));
    flights.close();
  }

  private static void join(Thread thread, long endNs) {
    boolean interrupted = false;
    while (thread.isAlive() && System.nanoTime() < endNs) {
      try {
        thread.join(1 + Math.max(0, endNs - System.nanoTime()) / 1_000_000);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
