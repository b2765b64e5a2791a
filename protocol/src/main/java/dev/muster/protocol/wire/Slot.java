package dev.muster.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How one declared type is written. The declared type decides, not the bytes: a peer cannot put a
 * String where a number belongs, and final types need no class id. Every value takes at least one
 * byte, which is what makes a declared number of elements checkable against the bytes left.
 */
interface Slot {
  void write(Kryo kryo, Output out, Object value);

  Object read(Kryo kryo, Input in);

  /**
   * The slot of {@code type}.
   *
   * @param registered called with every class that must be registered for this slot to work
   */
  static Slot of(Type type, Consumer<Class<?>> registered) {
    if (type instanceof ParameterizedType generic) {
      var arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        return new Collections.ListSlot(of(arguments[0], registered));
      }
      if (generic.getRawType() == Map.class) {
        return new Collections.MapSlot(of(arguments[0], registered), of(arguments[1], registered));
      }
    }
    if (!(type instanceof Class<?> raw)) {
      throw new IllegalArgumentException("type not writable: type=" + type.getTypeName());
    }
    return of(raw, registered);
  }

  private static Slot of(Class<?> type, Consumer<Class<?>> registered) {
    if (type.isInterface() || type == Object.class) {
      return new Any(type);
    }
    if (type == byte[].class) {
      return new Bytes();
    }
    registered.accept(type);
    return new Exact(type);
  }

  /** A primitive, a boxed number, a String, an enum or a record: no class id. */
  record Exact(Class<?> type) implements Slot {
    @Override
    public void write(Kryo kryo, Output out, Object value) {
      kryo.writeObject(out, value);
    }

    @Override
    public Object read(Kryo kryo, Input in) {
      return present(kryo.readObject(in, type), type);
    }
  }

  /** Any registered class below {@code type}, its id first. */
  record Any(Class<?> type) implements Slot {
    @Override
    public void write(Kryo kryo, Output out, Object value) {
      kryo.writeClassAndObject(out, value);
    }

    @Override
    public Object read(Kryo kryo, Input in) {
      var value = present(kryo.readClassAndObject(in), type);
      if (!type.isInstance(value)) {
        throw new KryoException(
            "expected=" + type.getName() + " actual=" + value.getClass().getName());
      }
      return value;
    }
  }

  /** Raw bytes, their number first. */
  record Bytes() implements Slot {
    @Override
    public void write(Kryo kryo, Output out, Object value) {
      var bytes = (byte[]) value;
      out.writeVarInt(bytes.length, true);
      out.writeBytes(bytes);
    }

    @Override
    public Object read(Kryo kryo, Input in) {
      return in.readBytes(in.readVarInt(true));
    }
  }

  /** One byte, 0 for null, before the value. */
  record Optionally(Slot slot) implements Slot {
    @Override
    public void write(Kryo kryo, Output out, Object value) {
      out.writeByte(value == null ? 0 : 1);
      if (value != null) {
        slot.write(kryo, out, value);
      }
    }

    @Override
    public Object read(Kryo kryo, Input in) {
      return switch (in.readByte()) {
        case 0 -> null;
        case 1 -> slot.read(kryo, in);
        default -> throw new KryoException("expected 0 or 1 before a nullable value");
      };
    }
  }

  private static Object present(Object value, Class<?> type) {
    if (value == null) {
      throw new KryoException("null where a value is required: type=" + type.getName());
    }
    return value;
  }
}
