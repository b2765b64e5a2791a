package dev.muster.protocol.run;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.util.Locale;

/**
 * The JSON of a run folder: a double that is not finite is {@code null} (JSON has no NaN) and comes
 * back as NaN, kinds of recovery are lower case, unknown fields are ignored because fields only
 * ever get added.
 */
public final class RunJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .addModule(module())
          .build();

  private RunJson() {}

  /** One line of UTF-8 without its end. */
  public static byte[] bytes(Object value) throws IOException {
    return MAPPER.writeValueAsBytes(value);
  }

  /**
   * @throws IOException not JSON of this type
   */
  public static <T> T value(byte[] json, Class<T> type) throws IOException {
    return MAPPER.readValue(json, type);
  }

  private static SimpleModule module() {
    return new SimpleModule()
        .addSerializer(double.class, new DoubleOut())
        .addSerializer(Double.class, new DoubleOut())
        .addDeserializer(double.class, new DoubleIn())
        .addSerializer(Recovery.Kind.class, new KindOut())
        .addDeserializer(Recovery.Kind.class, new KindIn());
  }

  private static final class DoubleOut extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (Double.isFinite(value)) {
        out.writeNumber(value);
      } else {
        out.writeNull();
      }
    }
  }

  private static final class DoubleIn extends JsonDeserializer<Double> {
    @Override
    public Double deserialize(JsonParser in, DeserializationContext context) throws IOException {
      if (in.currentToken() != null && in.currentToken().isNumeric()) {
        return in.getDoubleValue();
      }
      return (Double) context.handleUnexpectedToken(double.class, in);
    }

    @Override
    public Double getNullValue(DeserializationContext context) {
      return Double.NaN;
    }

    @Override
    public Object getAbsentValue(DeserializationContext context) {
      return Double.NaN;
    }
  }

  private static final class KindOut extends JsonSerializer<Recovery.Kind> {
    @Override
    public void serialize(Recovery.Kind kind, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(kind.name().toLowerCase(Locale.ROOT));
    }
  }

  private static final class KindIn extends JsonDeserializer<Recovery.Kind> {
    @Override
    public Recovery.Kind deserialize(JsonParser in, DeserializationContext context)
        throws IOException {
      if (in.currentToken() != JsonToken.VALUE_STRING) {
        return (Recovery.Kind) context.handleUnexpectedToken(Recovery.Kind.class, in);
      }
      try {
        return Recovery.Kind.valueOf(in.getText().toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException unknown) {
        return (Recovery.Kind)
            context.handleWeirdStringValue(Recovery.Kind.class, in.getText(), "no such kind");
      }
    }
  }
}
