package dev.muster.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lists and maps on the wire: the number of elements, then the elements. The number is checked
 * against the bytes left and memory grows with the elements that are really there, never with the
 * number alone. Results are immutable.
 */
final class Collections {
  private static final int FIRST_ELEMENTS = 16;

  private Collections() {}

  record ListSlot(Slot element) implements Slot {
    @Override
    public void write(Kryo kryo, Output out, Object value) {
      var list = (List<?>) value;
      out.writeVarInt(list.size(), true);
      for (Object each : list) {
        element.write(kryo, out, each);
      }
    }

    @Override
    public Object read(Kryo kryo, Input in) {
      int size = size(in, 1);
      var list = new ArrayList<Object>(Math.min(size, FIRST_ELEMENTS));
      for (int i = 0; i < size; i++) {
        list.add(element.read(kryo, in));
      }
      return List.copyOf(list);
    }
  }

  /**
   * Entries are written in order of their keys: equal maps have equal bytes. Two equal keys are
   * refused.
   */
  record MapSlot(Slot key, Slot value) implements Slot {
    @Override
    public void write(Kryo kryo, Output out, Object map) {
      var entries = sorted((Map<?, ?>) map);
      out.writeVarInt(entries.size(), true);
      for (var entry : entries) {
        key.write(kryo, out, entry.getKey());
        value.write(kryo, out, entry.getValue());
      }
    }

    @SuppressWarnings("unchecked")
    private static List<Map.Entry<?, ?>> sorted(Map<?, ?> map) {
      var entries = new ArrayList<Map.Entry<?, ?>>(map.entrySet());
      entries.sort(Comparator.comparing(e -> (Comparable<Object>) e.getKey()));
      return entries;
    }

    @Override
    public Object read(Kryo kryo, Input in) {
      int size = size(in, 2);
      var map = new LinkedHashMap<Object, Object>();
      for (int i = 0; i < size; i++) {
        if (map.put(key.read(kryo, in), value.read(kryo, in)) != null) {
          throw new KryoException("map has a key twice");
        }
      }
      return java.util.Collections.unmodifiableMap(map);
    }
  }

  /** A slot as Kryo's serializer of one registered class. */
  static final class SlotSerializer extends Serializer<Object> {
    private final Slot slot;

    SlotSerializer(Slot slot) {
      super(false, true);
      this.slot = slot;
    }

    @Override
    public void write(Kryo kryo, Output out, Object value) {
      slot.write(kryo, out, value);
    }

    @Override
    public Object read(Kryo kryo, Input in, Class<?> type) {
      return slot.read(kryo, in);
    }
  }

  private static int size(Input in, int bytesPerElementMin) {
    int size = in.readVarInt(true);
    if (size < 0 || (long) size * bytesPerElementMin > in.limit() - in.position()) {
      throw new KryoException(
          "more elements than bytes: elements="
              + size
              + " bytesLeft="
              + (in.limit() - in.position()));
    }
    return size;
  }
}
