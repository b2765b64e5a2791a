package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.BulkConnection;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.TransferException;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;

/** Transfers that threads of this node have begun, so that they can be ended. Thread-safe. */
final class Calls {
  /** What is done over a connection. */
  @FunctionalInterface
  interface Transfer<T> {
    T over(BulkConnection connection) throws TransferException;
  }

  private final BulkTransport transport;
  private final Set<Call> open = new HashSet<>();
  private boolean closed;

  Calls(BulkTransport transport) {
    this.transport = transport;
  }

  /** Connects, transfers and disconnects on the caller's thread. */
  <T> T run(InetSocketAddress peer, Transfer<T> transfer) throws TransferException {
    var call = begin();
    try (var connection = transport.connect(peer)) {
      call.connected(connection);
      return transfer.over(connection);
    } finally {
      end(call);
    }
  }

  private synchronized Call begin() throws TransferException {
    if (closed) {
      throw TransferException.refused("closed here");
    }
    var call = new Call(Thread.currentThread());
    open.add(call);
    return call;
  }

  private synchronized void end(Call call) {
    call.ended();
    open.remove(call);
    notifyAll();
  }

  /** Returns when none of them touches memory or files any more. */
  synchronized void close() {
    closed = true;
    open.forEach(Call::cancel);
    boolean interrupted = false;
    while (!open.isEmpty()) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Call {
    private final Thread thread;
    private BulkConnection connection; // null while it connects
    private boolean cancelled;
    private boolean interrupted;

    private Call(Thread thread) {
      this.thread = thread;
    }

    private synchronized void connected(BulkConnection made) {
      connection = made;
      if (cancelled) {
        made.close();
      }
    }

    /** A connection can be closed; making one can be interrupted only. */
    private synchronized void cancel() {
      cancelled = true;
      if (connection != null) {
        connection.close();
      } else {
        interrupted = true;
        thread.interrupt();
      }
    }

    /** On its thread, which goes on to other work. */
    private synchronized void ended() {
      if (interrupted) {
        Thread.interrupted();
      }
    }
  }
}
