package dev.muster.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.muster.protocol.Nullable;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A record on the wire: its components in declaration order, each by its declared type, nothing
 * else; one zero byte for a record without components. Null only where {@link Nullable} allows it.
 * Renaming a component keeps the format; adding, removing, reordering or retyping one changes it.
 */
final class RecordSerializer extends Serializer<Object> {
  private final Class<?> type;
  private final RecordComponent[] components;
  private final Slot[] slots;
  private final Constructor<?> constructor;

  /**
   * @param nulls whether every reference component may be null, as if marked {@link Nullable}
   */
  RecordSerializer(Class<?> type, boolean nulls, Consumer<Class<?>> registered) {
    super(false, true);
    this.type = type;
    this.components = type.getRecordComponents();
    this.slots =
        Arrays.stream(components).map(c -> slot(c, nulls, registered)).toArray(Slot[]::new);
    this.constructor = constructor(type, components);
    Arrays.stream(components).forEach(c -> c.getAccessor().setAccessible(true));
  }

  private static Slot slot(
      RecordComponent component, boolean nulls, Consumer<Class<?>> registered) {
    var slot = Slot.of(component.getGenericType(), registered);
    boolean nullable = nulls || component.isAnnotationPresent(Nullable.class);
    return nullable && !component.getType().isPrimitive() ? new Slot.Optionally(slot) : slot;
  }

  private static Constructor<?> constructor(Class<?> type, RecordComponent[] components) {
    var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(
          "record without its canonical constructor: type=" + type.getName(), e);
    }
  }

  @Override
  public void write(Kryo kryo, Output out, Object value) {
    for (int i = 0; i < slots.length; i++) {
      slots[i].write(kryo, out, component(i, value));
    }
    if (slots.length == 0) {
      out.writeByte(0);
    }
  }

  private Object component(int i, Object value) {
    Object component;
    try {
      component = components[i].getAccessor().invoke(value);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read record: type=" + type.getName(), e);
    }
    if (component == null && !(slots[i] instanceof Slot.Optionally)) {
      throw new IllegalArgumentException(
          "null in a message: type="
              + type.getName()
              + " component="
              + components[i].getName()
              + "; send a value, or mark the component @Nullable (a new wire version)");
    }
    return component;
  }

  @Override
  public Object read(Kryo kryo, Input in, Class<?> ignored) {
    var values = new Object[slots.length];
    for (int i = 0; i < slots.length; i++) {
      values[i] = slots[i].read(kryo, in);
    }
    if (slots.length == 0 && in.readByte() != 0) {
      throw new KryoException("expected 0 for a record without components: type=" + type.getName());
    }
    return construct(values);
  }

  private Object construct(Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new KryoException(
          "refused by " + type.getSimpleName() + ": " + e.getCause().getMessage(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make record: type=" + type.getName(), e);
    }
  }
}
