package dev.muster.collectives.bulk;

import io.aeron.ChannelUri;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.agrona.CloseHelper;

/**
 * Blocks over Aeron UDP, one stream for each direction that is used, made when it is first needed
 * and kept for the connection.
 */
final class AeronCarrier implements Carrier {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Link link;
  private final AeronMedia media;
  private Subscription subscription;
  private AeronTicket ticket;
  private AeronReceiver receiver;
  private ExclusivePublication publication;
  private AeronSender sender;

  AeronCarrier(Link link, AeronMedia media) {
    this.link = link;
    this.media = media;
  }

  @Override
  public byte[] ticket() throws TransferException {
    if (ticket == null) {
      subscribe();
    }
    return ticket.encoded();
  }

  private void subscribe() throws TransferException {
    int stream = RANDOM.nextInt();
    int session = RANDOM.nextInt();
    var wanted = "aeron:udp?endpoint=%s:0|session-id=%d".formatted(host(), session);
    subscription = added(() -> media.client().addSubscription(wanted, stream));
    receiver = new AeronReceiver(link, subscription);
    var idle = new Patience(link, this::watch);
    var channel = subscription.tryResolveChannelEndpointPort();
    while (channel == null) {
      idle.wait(false);
      channel = subscription.tryResolveChannelEndpointPort();
    }
    var endpoint = ChannelUri.parse(channel).get("endpoint");
    ticket = new AeronTicket(endpoint, stream, session);
  }

  private String host() throws TransferException {
    var address = link.local().getHostAddress();
    return address.contains(":") ? "[" + address + "]" : address;
  }

  @Override
  public void open(byte[] bytes) throws TransferException {
    var wanted = AeronTicket.decoded(bytes, link.peer());
    if (sender == null) {
      var channel =
          "aeron:udp?endpoint=%s|session-id=%d|mtu=%d|term-length=%d"
              .formatted(wanted.endpoint(), wanted.session(), mtu(), media.settings().termBytes());
      publication = added(() -> media.client().addExclusivePublication(channel, wanted.stream()));
      sender = new AeronSender(link, publication);
    }
  }

  private interface Adding<T> {
    T run();
  }

  /** Throws when the driver has no room for another log, or is gone. */
  private <T> T added(Adding<T> adding) throws TransferException {
    try {
      return adding.run();
    } catch (RuntimeException e) {
      throw Blocks.failed(link, "cannot add a stream: error=" + e.getMessage(), e);
    }
  }

  private int mtu() throws TransferException {
    return media.settings().mtuBytes() > 0 ? media.settings().mtuBytes() : Mtu.of(link.local());
  }

  @Override
  public void send(Frame frame, ByteBuffer block, Link.Watch watch) throws TransferException {
    sender.send(frame, block, watch);
  }

  @Override
  public Frame receive(Place place) throws IOException {
    return receiver.receive(place, this::watch);
  }

  /** Nothing comes over the connection while blocks do, unless the peer gives up. */
  private void watch() throws TransferException {
    var frame = link.poll();
    if (frame.isPresent()) {
      throw link.unexpected(frame.get());
    }
  }

  @Override
  public void close() {
    CloseHelper.quietCloseAll(publication, subscription);
  }
}
