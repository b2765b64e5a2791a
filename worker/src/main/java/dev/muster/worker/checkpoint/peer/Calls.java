package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.BulkConnection;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.TransferException;
import dev.muster.collectives.bulk.TransferException.Kind;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Transfers that threads of this node have begun, so that they can be ended. Keeps the connection
 * to a peer for the next transfer: the first one over a connection is the dear one. Thread-safe.
 */
final class Calls implements AutoCloseable {
  /** Each may hold some tens of MiB at both ends. */
  private static final int IDLE_MAX = 4;

  /** What is done over a connection; done again over another one if the first was dead already. */
  @FunctionalInterface
  interface Transfer<T> {
    T over(BulkConnection connection) throws TransferException;
  }

  private final BulkTransport transport;
  private final Set<Call> underWay = new HashSet<>();
  private final Map<InetSocketAddress, BulkConnection> idle = new LinkedHashMap<>();
  private boolean closed;

  Calls(BulkTransport transport) {
    this.transport = transport;
  }

  /** On the caller's thread. */
  <T> T run(InetSocketAddress peer, Transfer<T> transfer) throws TransferException {
    var call = begin();
    try {
      var kept = kept(peer);
      if (kept != null) {
        try {
          return over(kept, call, peer, transfer);
        } catch (TransferException e) {
          if (e.kind() != Kind.LOST) {
            throw e;
          }
        }
      }
      call.connecting();
      return over(transport.connect(peer), call, peer, transfer);
    } finally {
      end(call);
    }
  }

  private <T> T over(
      BulkConnection connection, Call call, InetSocketAddress peer, Transfer<T> transfer)
      throws TransferException {
    boolean usable = false;
    try {
      call.connected(connection);
      T result = transfer.over(connection);
      usable = true;
      return result;
    } catch (TransferException e) {
      usable = e.kind() == Kind.REFUSED;
      throw e;
    } finally {
      if (usable) {
        keep(peer, connection);
      } else {
        connection.close();
      }
    }
  }

  private synchronized BulkConnection kept(InetSocketAddress peer) {
    return idle.remove(peer);
  }

  /** One for each peer, the latest ones. */
  private synchronized void keep(InetSocketAddress peer, BulkConnection connection) {
    var replaced = closed ? connection : idle.put(peer, connection);
    if (replaced == null && idle.size() > IDLE_MAX) {
      replaced = idle.remove(idle.keySet().iterator().next());
    }
    if (replaced != null) {
      replaced.close();
    }
  }

  private synchronized Call begin() throws TransferException {
    if (closed) {
      throw TransferException.refused("this node's store is closed");
    }
    var call = new Call(Thread.currentThread());
    underWay.add(call);
    return call;
  }

  private synchronized void end(Call call) {
    call.ended();
    underWay.remove(call);
    notifyAll();
  }

  /** Returns when none of them touches memory or files any more. */
  @Override
  public synchronized void close() {
    closed = true;
    idle.values().forEach(BulkConnection::close);
    idle.clear();
    underWay.forEach(Call::cancel);
    boolean interrupted = false;
    while (!underWay.isEmpty()) {
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

    private synchronized void connecting() throws TransferException {
      connection = null;
      if (cancelled) {
        throw TransferException.refused("this node's store was closed");
      }
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
