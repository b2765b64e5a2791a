package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.BulkHandler;
import dev.muster.collectives.bulk.BulkServer;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.Destination;
import dev.muster.collectives.bulk.Offer;
import dev.muster.collectives.bulk.TransferException;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Optional;

/**
 * The snapshots that lie on one host, as other hosts see them: takes copies of theirs, gives any it
 * has, its own ranks' and copies, and sends and gets them for its own agent. Bytes go from one
 * host's snapshot file into the other's, a block at a time; no copy is visible before its own
 * checksums were compared there. A copy is listed by {@link SnapshotCensus} and opened like any
 * other snapshot.
 *
 * <p>Thread-safe. {@link #push} and {@link #fetch} block their thread, several at once do not wait
 * for each other; a peer that makes no progress for {@link
 * dev.muster.collectives.bulk.BulkLimits#silence} ends them. Their errors are {@link
 * TransferException}s: {@link Refusal#is} tells why a peer said no, {@link
 * TransferException#definite} whether it may have the copy all the same.
 */
public final class PeerStore implements AutoCloseable {
  private final String run;
  private final String node;
  private final SnapshotPlaces places;
  private final Copies copies;
  private final Calls calls;
  private final BulkServer server;

  private PeerStore(
      BulkTransport transport,
      InetSocketAddress address,
      String run,
      String node,
      SnapshotPlaces places)
      throws IOException {
    this.run = run;
    this.node = node;
    this.places = places;
    this.copies = new Copies(places);
    this.calls = new Calls(transport);
    this.server = transport.serve(address, new Door());
  }

  /**
   * Serves until it is closed.
   *
   * @param transport outlives the store and is closed by the caller
   * @param address to listen on; {@link BulkTransport#LOOPBACK} unless other hosts must reach it
   * @param run others are refused
   * @param node of this agent, for messages
   * @param places of this agent's snapshots
   * @throws IOException cannot listen there
   */
  public static PeerStore open(
      BulkTransport transport,
      InetSocketAddress address,
      String run,
      String node,
      SnapshotPlaces places)
      throws IOException {
    return new PeerStore(transport, address, run, node, places);
  }

  /** Where peers reach it, with the port that was found free. */
  public InetSocketAddress address() {
    return server.address();
  }

  /** Under which name the copy of a snapshot lies on another node. */
  public static String copyName(String name) {
    return Copies.name(name);
  }

  /**
   * What a transfer moved.
   *
   * @param name of the snapshot where it came to
   * @param bytes 0: it was there already
   */
  public record Moved(String name, long bytes) {}

  /**
   * Sends a snapshot of this node; returns when the peer's census lists it. Its writer goes on
   * saving meanwhile, into a third buffer if need be.
   *
   * @throws TransferException {@link Refusal#NOT_HERE}: this node has no such snapshot any more
   */
  public Moved push(String name, SnapshotPoint point, InetSocketAddress peer)
      throws TransferException {
    return calls.run(
        peer,
        connection -> {
          try (var source = pinned(name, point)) {
            connection.push(new Offer(header(name, source), source));
            return new Moved(copyName(name), source.sizeBytes());
          } catch (TransferException e) {
            if (Refusal.ALREADY_HERE.is(e)) {
              return new Moved(copyName(name), 0);
            }
            throw e;
          }
        });
  }

  private PinnedSource pinned(String name, SnapshotPoint point) throws TransferException {
    return PinnedSource.open(places, name, point)
        .orElseThrow(
            () -> Refusal.NOT_HERE.because("snapshot=" + name + " " + point + " node=" + node));
  }

  private byte[] header(String name, PinnedSource source) {
    return PeerJson.encode(new Shipment(run, node, name, source.image()));
  }

  /**
   * Gets a snapshot from a node that has it under whatever name, unless this one has it whole.
   *
   * @param progress called with each block that has come, on the caller's thread
   * @throws TransferException definite: this node does not have it
   */
  public Moved fetch(SnapshotPoint point, InetSocketAddress peer, Runnable progress)
      throws TransferException {
    var held = whole(point);
    if (held.isPresent()) {
      return new Moved(held.get(), 0);
    }
    return calls.run(
        peer,
        connection -> {
          byte[] request = PeerJson.encode(new Request(run, node, point));
          var got =
              connection.fetch(
                  request, (header, size) -> wanted(header, size, point).telling(progress));
          var shipment = PeerJson.decode(got.header(), Shipment.class);
          return new Moved(copyName(shipment.name()), got.sizeBytes());
        });
  }

  private Arrival wanted(byte[] header, long sizeBytes, SnapshotPoint point)
      throws TransferException {
    var shipment = shipment(header);
    if (!shipment.image().point().equals(point)) {
      throw Refusal.MALFORMED.because(
          "expected=" + point + " actual=[" + shipment.describe() + "]");
    }
    return copies.any(shipment, sizeBytes);
  }

  private Shipment shipment(byte[] header) throws TransferException {
    var shipment = PeerJson.decode(header, Shipment.class);
    requireRun(shipment.run(), shipment.node());
    return shipment;
  }

  private void requireRun(String theirs, String peer) throws TransferException {
    if (!run.equals(theirs)) {
      throw Refusal.UNKNOWN_RUN.because(
          "expected=" + run + " actual=" + theirs + " node=" + node + " peer=" + peer);
    }
  }

  private Optional<String> whole(SnapshotPoint point) {
    for (String name : names(point)) {
      try (var source = PinnedSource.open(places, name, point).orElse(null)) {
        if (source != null && source.whole()) {
          return Optional.of(name);
        }
      }
    }
    return Optional.empty();
  }

  private Iterable<String> names(SnapshotPoint point) {
    return SnapshotCensus.of(places).complete().stream()
        .filter(found -> found.point().equals(point))
        .map(SnapshotCensus.Found::name)
        .toList();
  }

  /**
   * Removes copies that nobody needs any more; one on its way fails.
   *
   * @param names of the snapshots or of their copies; unknown ones are ignored
   */
  public void drop(Collection<String> names) {
    copies.drop(names);
  }

  /** What peers ask for. */
  private final class Door implements BulkHandler {
    @Override
    public Offer fetch(byte[] request) throws TransferException {
      var wanted = PeerJson.decode(request, Request.class);
      requireRun(wanted.run(), wanted.node());
      for (String name : names(wanted.point())) {
        var source = PinnedSource.open(places, name, wanted.point());
        if (source.isPresent()) {
          return new Offer(header(name, source.get()), source.get());
        }
      }
      throw Refusal.NOT_HERE.because(wanted.point() + " node=" + node);
    }

    @Override
    public Destination accept(byte[] header, long sizeBytes) throws TransferException {
      return copies.newer(shipment(header), sizeBytes);
    }
  }

  /**
   * Ends every transfer: threads in {@link #push} or {@link #fetch} get a {@link
   * TransferException}. Returns when none of them touches a snapshot any more. Copies stay.
   */
  @Override
  public void close() {
    server.close();
    calls.close();
  }
}
