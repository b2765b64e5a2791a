package dev.muster.collectives.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A handler with a name for everything; what is pushed can be fetched once it is complete. */
final class Shelf implements BulkHandler {
  final Map<String, Source> sources = new ConcurrentHashMap<>();
  final Map<String, MemorySegment> pushed = new ConcurrentHashMap<>();

  static byte[] name(String name) {
    return name.getBytes(UTF_8);
  }

  @Override
  public Offer fetch(byte[] request) throws TransferException {
    var name = new String(request, UTF_8);
    if (!sources.containsKey(name)) {
      throw TransferException.refused("no such snapshot: name=" + name);
    }
    return new Offer(name("this is " + name), sources.get(name));
  }

  @Override
  public Destination accept(byte[] header, long sizeBytes) throws TransferException {
    var name = new String(header, UTF_8);
    if (name.startsWith("bad")) {
      throw TransferException.refused("not wanted: name=" + name);
    }
    var memory = Arena.ofAuto().allocate(Math.max(1, sizeBytes), 64).asSlice(0, sizeBytes);
    return new Destination() {
      @Override
      public MemorySegment block(long offset, int bytes) {
        return memory.asSlice(offset, bytes);
      }

      @Override
      public void complete() {
        pushed.put(name, memory);
      }
    };
  }
}
