package dev.muster.worker.checkpoint.snapshot;

import dev.muster.collectives.DType;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Entry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A layout as bytes, big-endian: {@code i32 tensors}, then for each {@code utf name, utf dtype, i32
 * dimensions, i64[] shape, i64[] from and to, u8 replicated, i64 offset, i64 bytes}; utf is a
 * {@code u16} length and modified UTF-8. Decoded only after its checksum was found right.
 */
final class LayoutTable {
  private LayoutTable() {}

  static byte[] encode(SnapshotLayout layout) {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    try {
      out.writeInt(layout.entries().size());
      for (Entry entry : layout.entries()) {
        write(entry, out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode a layout: " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }

  private static void write(Entry entry, DataOutputStream out) throws IOException {
    out.writeUTF(entry.name());
    out.writeUTF(entry.dtype().name());
    out.writeInt(entry.globalShape().length);
    for (long extent : entry.globalShape()) {
      out.writeLong(extent);
    }
    for (long[] range : entry.box()) {
      out.writeLong(range[0]);
      out.writeLong(range[1]);
    }
    out.writeBoolean(entry.replicated());
    out.writeLong(entry.offset());
    out.writeLong(entry.bytes());
  }

  static SnapshotLayout decode(byte[] table) {
    var in = new DataInputStream(new ByteArrayInputStream(table));
    try {
      List<Entry> entries = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        entries.add(read(in));
      }
      return new SnapshotLayout(entries);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot decode a layout: bytes=" + table.length, e);
    }
  }

  private static Entry read(DataInputStream in) throws IOException {
    String name = in.readUTF();
    DType dtype = DType.valueOf(in.readUTF());
    long[] shape = new long[in.readInt()];
    for (int d = 0; d < shape.length; d++) {
      shape[d] = in.readLong();
    }
    long[][] box = new long[shape.length][];
    for (int d = 0; d < shape.length; d++) {
      box[d] = new long[] {in.readLong(), in.readLong()};
    }
    return new Entry(name, dtype, shape, box, in.readBoolean(), in.readLong(), in.readLong());
  }
}
