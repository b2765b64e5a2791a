package dev.muster.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.serializers.DefaultSerializers.EnumSerializer;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Builds the Kryo of one thread: explicit numbers only, no names of classes, no references, bounded
 * depth.
 */
final class KryoFactory {
  private static final int DEPTH_MAX = 32;

  private KryoFactory() {}

  static Kryo create(List<WireCodec.Registration> more) {
    var kryo = new Kryo(new Resolver(), null);
    kryo.setRegistrationRequired(true);
    kryo.setReferences(false);
    kryo.setMaxDepth(DEPTH_MAX);
    var any = new Slot.Any(Object.class);
    register(kryo, WireTypes.LIST, new Collections.SlotSerializer(new Collections.ListSlot(any)));
    register(
        kryo, WireTypes.MAP, new Collections.SlotSerializer(new Collections.MapSlot(any, any)));
    var needed = new LinkedHashSet<Class<?>>();
    WireTypes.LINK.forEach(each -> register(kryo, each, serializer(each.type(), false, needed)));
    more.forEach(each -> register(kryo, each, serializer(each.type(), true, needed)));
    needed.forEach(kryo::getRegistration); // a forgotten type fails here, not at its first message
    return kryo;
  }

  private static Serializer<?> serializer(Class<?> type, boolean nulls, Set<Class<?>> needed) {
    if (type.isRecord()) {
      return new RecordSerializer(type, nulls, needed::add);
    }
    if (type.isEnum()) {
      return new EnumSerializer(type.asSubclass(Enum.class));
    }
    throw new IllegalArgumentException(
        "only records and enums can be registered: type=" + type.getName());
  }

  private static void register(Kryo kryo, WireCodec.Registration each, Serializer<?> serializer) {
    if (kryo.getClassResolver().getRegistration(each.id()) != null) {
      throw new IllegalArgumentException(
          "wire id used twice: id=" + each.id() + " type=" + each.type().getName());
    }
    if (kryo.getClassResolver().getRegistration(each.type()) != null) {
      throw new IllegalArgumentException("type registered twice: type=" + each.type().getName());
    }
    kryo.register(each.type(), serializer, each.id());
  }

  /** All lists are one type on the wire, all maps another. */
  private static final class Resolver extends DefaultClassResolver {
    @Override
    @SuppressWarnings("rawtypes")
    public Registration getRegistration(Class type) {
      if (List.class.isAssignableFrom(type)) {
        return super.getRegistration(List.class);
      }
      if (Map.class.isAssignableFrom(type)) {
        return super.getRegistration(Map.class);
      }
      return super.getRegistration(type);
    }

    /**
     * Kryo would load the class of any name it is sent before it looks whether that is registered.
     */
    @Override
    protected Registration readName(Input input) {
      throw new KryoException("class by name refused");
    }
  }
}
