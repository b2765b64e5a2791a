package dev.muster.cli.bench;

import dev.muster.collectives.bulk.BulkHandler;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.Offer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;

/**
 * The other process of {@code muster bench transport}: serves the same memory over every kind, each
 * on a port of its own; ends with its standard input. A request is the number of bytes wanted.
 */
public final class TransportPeer {
  private TransportPeer() {}

  /** ADDRESS, FOLDER, BYTES; prints the ports in the order of the kinds. */
  public static void main(String[] args) throws IOException {
    var memory = Arena.global().allocate(Long.parseLong(args[2]), 64).fill((byte) 0x5C);
    var transports = new ArrayList<BulkTransport>();
    for (var kind : TransportKind.values()) {
      var transport = kind.open(Path.of(args[1]));
      transports.add(transport);
      var server = transport.serve(new InetSocketAddress(args[0], 0), giving(memory));
      System.out.println(server.address().getPort());
    }
    System.in.readAllBytes();
    transports.forEach(BulkTransport::close);
    System.exit(0);
  }

  private static BulkHandler.Giving giving(MemorySegment memory) {
    return request -> Offer.of(request, memory.asSlice(0, ByteBuffer.wrap(request).getLong()));
  }
}
