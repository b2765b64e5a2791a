package dev.muster.protocol.local;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.muster.protocol.Nullable;
import dev.muster.protocol.frame.MalformedFrameException;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** One record type as a JSON object; immutable. */
final class JsonRecord {
  private record Field(int index, RecordComponent component, JsonKind kind, boolean nullable) {
    String name() {
      return component.getName();
    }
  }

  private final String name;
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final Constructor<?> constructor;

  JsonRecord(Class<?> type) {
    this.name = name(type);
    var components = type.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      var kind = JsonKind.of(components[i].getGenericType());
      boolean nullable = components[i].isAnnotationPresent(Nullable.class);
      fields.put(components[i].getName(), new Field(i, components[i], kind, nullable));
    }
    var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      this.constructor = type.getDeclaredConstructor(types);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("record without its canonical constructor: type=" + type, e);
    }
  }

  /** {@code Hello} becomes {@code hello}. */
  static String name(Class<?> type) {
    var name = type.getSimpleName();
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  String name() {
    return name;
  }

  void write(JsonGenerator out, Object message) throws IOException {
    out.writeStartObject();
    out.writeStringField("type", name);
    for (var field : fields.values()) {
      out.writeFieldName(field.name());
      var value = value(field, message);
      if (value == null) {
        out.writeNull();
      } else {
        field.kind.write(out, value);
      }
    }
    out.writeEndObject();
  }

  private Object value(Field field, Object message) {
    try {
      var value = field.component.getAccessor().invoke(message);
      if (value == null && !field.nullable) {
        throw new IllegalArgumentException(
            "null in a message: type=" + name + " field=" + field.name());
      }
      return value;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read record: type=" + name, e);
    }
  }

  /** The parser stands at the opening brace and ends at the closing one. */
  Object read(JsonParser in) throws IOException, MalformedFrameException {
    var values = new Object[fields.size()];
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      var field = fields.get(in.currentName());
      in.nextToken();
      if (field == null) {
        in.skipChildren();
      } else {
        read(in, field, values);
      }
    }
    return construct(values);
  }

  private void read(JsonParser in, Field field, Object[] values)
      throws IOException, MalformedFrameException {
    if (values[field.index] != null) {
      throw new MalformedFrameException("field twice: type=" + name + " field=" + field.name());
    }
    if (in.currentToken() == JsonToken.VALUE_NULL && field.nullable) {
      return;
    }
    var value = field.kind.read(in);
    if (value == null) {
      throw new MalformedFrameException(
          "wrong value: type="
              + name
              + " field="
              + field.name()
              + " expected="
              + field.kind
              + " actual="
              + in.currentToken());
    }
    values[field.index] = value;
  }

  private Object construct(Object[] values) throws MalformedFrameException {
    for (var field : fields.values()) {
      if (values[field.index] == null && !field.nullable) {
        throw new MalformedFrameException("missing field: type=" + name + " field=" + field.name());
      }
    }
    try {
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new MalformedFrameException("refused: type=" + name + " reason=" + e.getCause(), e);
    }
  }
}
