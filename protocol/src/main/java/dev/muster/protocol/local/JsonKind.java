package dev.muster.protocol.local;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The types a field of the worker protocol can have. Reading gives null for a value of another
 * type, without converting.
 */
enum JsonKind {
  INT("int", "java.lang.Integer") {
    @Override
    Object read(JsonParser in) throws IOException {
      return in.currentToken() == JsonToken.VALUE_NUMBER_INT ? in.getIntValue() : null;
    }

    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      out.writeNumber((Integer) value);
    }
  },
  LONG("long", "java.lang.Long") {
    @Override
    Object read(JsonParser in) throws IOException {
      return in.currentToken() == JsonToken.VALUE_NUMBER_INT ? in.getLongValue() : null;
    }

    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      out.writeNumber((Long) value);
    }
  },
  DOUBLE("java.lang.Double") {
    @Override
    Object read(JsonParser in) throws IOException {
      if (!in.currentToken().isNumeric()) {
        return null;
      }
      double value = in.getDoubleValue();
      return Double.isFinite(value) ? value : null;
    }

    /** JSON has neither NaN nor infinities. */
    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      double number = (Double) value;
      if (Double.isFinite(number)) {
        out.writeNumber(number);
      } else {
        out.writeNull();
      }
    }
  },
  STRING("java.lang.String") {
    @Override
    Object read(JsonParser in) throws IOException {
      return in.currentToken() == JsonToken.VALUE_STRING ? in.getText() : null;
    }

    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      out.writeString(wellFormed((String) value));
    }
  },
  INTS("java.util.List<java.lang.Integer>") {
    @Override
    Object read(JsonParser in) throws IOException {
      return list(in, INT);
    }

    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      writeList(out, INT, value);
    }
  },
  STRINGS("java.util.List<java.lang.String>") {
    @Override
    Object read(JsonParser in) throws IOException {
      return list(in, STRING);
    }

    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      writeList(out, STRING, value);
    }
  },
  STRING_MAP("java.util.Map<java.lang.String, java.lang.String>") {
    @Override
    Object read(JsonParser in) throws IOException {
      return map(in);
    }

    /** In order of the keys: equal maps have equal bytes. */
    @Override
    void write(JsonGenerator out, Object value) throws IOException {
      out.writeStartObject();
      for (var entry : new TreeMap<>((Map<?, ?>) value).entrySet()) {
        out.writeFieldName(wellFormed((String) entry.getKey()));
        out.writeString(wellFormed((String) entry.getValue()));
      }
      out.writeEndObject();
    }
  };

  private final List<String> javaTypes;

  JsonKind(String... javaTypes) {
    this.javaTypes = List.of(javaTypes);
  }

  static JsonKind of(Type type) {
    return Arrays.stream(values())
        .filter(kind -> kind.javaTypes.contains(type.getTypeName()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no JSON for this type: type=" + type));
  }

  /** The value at the current token, null if it is of another type. */
  abstract Object read(JsonParser in) throws IOException;

  abstract void write(JsonGenerator out, Object value) throws IOException;

  /**
   * Half a surrogate pair, as a cut message may end with, has no UTF-8: it becomes a question mark.
   */
  private static String wellFormed(String text) {
    return text.chars().anyMatch(c -> Character.isSurrogate((char) c))
        ? new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
        : text;
  }

  private static void writeList(JsonGenerator out, JsonKind element, Object list)
      throws IOException {
    out.writeStartArray();
    for (Object each : (List<?>) list) {
      element.write(out, each);
    }
    out.writeEndArray();
  }

  private static List<Object> list(JsonParser in, JsonKind element) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      return null;
    }
    var list = new ArrayList<Object>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      var value = element.read(in);
      if (value == null) {
        return null;
      }
      list.add(value);
    }
    return List.copyOf(list);
  }

  private static Map<String, String> map(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      return null;
    }
    var map = new LinkedHashMap<String, String>();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      var key = in.currentName();
      if (in.nextToken() != JsonToken.VALUE_STRING || map.put(key, in.getText()) != null) {
        return null;
      }
    }
    return Collections.unmodifiableMap(map);
  }
}
