package dev.muster.worker.link;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.wire.Handshake;
import dev.muster.protocol.wire.Secret;
import dev.muster.worker.actor.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's end of its link: connects, proves itself, and connects again whenever the link is
 * lost, until closed. It is the agent's {@link Transport}; messages sent while there is no link are
 * lost.
 */
public final class LinkClient implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(LinkClient.class);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  private final ActorSystem<?> system;
  private final LinkIdentity identity;
  private final LinkLimits limits;
  private final Supplier<Optional<InetSocketAddress>> address;
  private final Backoff backoff;
  private final AgentLinkHandler handler;
  private final Object lock = new Object();
  private Link link;
  private boolean everProved;
  private int failures;
  private String lastFailure = "";
  private boolean stopped;

  private LinkClient(
      ActorSystem<?> system,
      LinkIdentity identity,
      LinkLimits limits,
      Supplier<Optional<InetSocketAddress>> address,
      Backoff backoff,
      AgentLinkHandler handler) {
    this.system = system;
    this.identity = identity;
    this.limits = limits;
    this.address = address;
    this.backoff = backoff;
    this.handler = handler;
  }

  /**
   * Starts connecting, in the background and for ever, unless it is refused before the first link
   * was up.
   *
   * @param address asked before every attempt, because a restarted master may listen elsewhere;
   *     empty: not known yet. May read a small file, nothing slower
   */
  public static LinkClient start(
      ActorSystem<?> system,
      LinkIdentity identity,
      LinkLimits limits,
      Supplier<Optional<InetSocketAddress>> address,
      Backoff backoff,
      AgentLinkHandler handler) {
    var client = new LinkClient(system, identity, limits, address, backoff, handler);
    client.connect();
    return client;
  }

  @Override
  public void send(PeerId to, Message message) {
    synchronized (lock) {
      if (link != null && to.equals(PeerId.MASTER)) {
        link.send(message);
      }
    }
  }

  /** Ends the link and all attempts. */
  public void close(String reason) {
    synchronized (lock) {
      stopped = true;
      if (link != null) {
        link.close(reason);
      }
    }
  }

  private void connect() {
    synchronized (lock) {
      if (stopped) {
        return;
      }
      var target = address.get();
      if (target.isEmpty()) {
        retry("the master's address is not known yet");
      } else {
        open(target.get());
      }
    }
  }

  private void open(InetSocketAddress target) {
    var handshake = new Handshake.Client(identity.run(), identity.secret().bytes(), Secret.nonce());
    link = new Link(system, handshake, limits, new Events(target));
    var connection =
        Tcp.get(system)
            .outgoingConnection(
                target,
                Optional.empty(),
                LinkServer.noDelay(),
                false,
                Optional.of(CONNECT_TIMEOUT),
                Optional.empty());
    Flow.<ByteString>create()
        .via(connection)
        .idleTimeout(limits.silence())
        .join(link.flow())
        .run(system);
  }

  /** Called with the lock held. */
  private void retry(String reason) {
    if (!reason.equals(lastFailure)) {
      LOG.info(
          "cannot reach the master: reason={} failures={}; trying again", reason, failures + 1);
      lastFailure = reason;
    }
    var pause = backoff.after(failures++);
    system.scheduler().scheduleOnce(pause, this::connect, system.executionContext());
  }

  private final class Events implements Link.Owner {
    private final InetSocketAddress target;

    private Events(InetSocketAddress target) {
      this.target = target;
    }

    @Override
    public void proved(Link proved) {
      synchronized (lock) {
        LOG.info("connected to the master: address={}", target);
        everProved = true;
        failures = 0;
        lastFailure = "";
        handler.up();
      }
    }

    @Override
    public void received(Link from, Message message) {
      synchronized (lock) {
        if (message instanceof ToAgent order) {
          handler.received(order);
        } else {
          from.close("not an order: actual=" + message.getClass().getSimpleName());
        }
      }
    }

    @Override
    public void closed(Link ended, String reason) {
      synchronized (lock) {
        link = null;
        if (ended.proved()) {
          LOG.warn("link to the master lost: address={} reason={}", target, reason);
          handler.down(reason);
        }
        if (ended.refused() && !everProved) {
          stopped = true;
          handler.refused(reason);
        } else if (!stopped) {
          retry(reason);
        }
      }
    }
  }
}
