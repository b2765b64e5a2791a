package dev.muster.worker.checkpoint.storage;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;

/**
 * Manifests and parts to JSON and back. A box is {@code [[from, to], ...]}. Strict, but for unknown
 * fields: fields only ever get added within one format. Any thread.
 */
final class ManifestJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .addModule(
              new SimpleModule()
                  .addSerializer(Box.class, new BoxOut())
                  .addDeserializer(Box.class, new BoxIn()))
          .build();

  private ManifestJson() {}

  static byte[] encode(Manifest manifest) throws IOException {
    return MAPPER.writeValueAsBytes(manifest);
  }

  static byte[] encode(Part part) throws IOException {
    return MAPPER.writeValueAsBytes(part);
  }

  /**
   * @param where for the message
   * @throws DamagedCheckpointException not a manifest, or one that contradicts itself
   */
  static Manifest decode(String where, byte[] json) throws DamagedCheckpointException {
    var manifest = read(where, "manifest", json, Manifest.class);
    try {
      ManifestCheck.check(manifest);
      return manifest;
    } catch (DamagedCheckpointException e) {
      throw new DamagedCheckpointException(e.getMessage() + " file=" + where, e);
    }
  }

  /**
   * @param where for the message
   * @throws DamagedCheckpointException not a part
   */
  static Part decodePart(String where, byte[] json) throws DamagedCheckpointException {
    return read(where, "part", json, Part.class);
  }

  private static <T> T read(String where, String what, byte[] json, Class<T> type)
      throws DamagedCheckpointException {
    try {
      return MAPPER.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw new DamagedCheckpointException(
          "not a " + what + ": file=" + where + " reason=" + e.getOriginalMessage(), e);
    } catch (IOException e) { // among them: not UTF-8
      throw new DamagedCheckpointException(
          "not a " + what + ": file=" + where + " reason=" + e.getMessage(), e);
    }
  }

  private static final class BoxOut extends JsonSerializer<Box> {
    @Override
    public void serialize(Box box, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeStartArray();
      for (long[] side : box.bounds()) {
        out.writeArray(side, 0, side.length);
      }
      out.writeEndArray();
    }
  }

  private static final class BoxIn extends JsonDeserializer<Box> {
    @Override
    public Box deserialize(JsonParser in, DeserializationContext context) throws IOException {
      try {
        return Box.of(context.readValue(in, long[][].class));
      } catch (IllegalArgumentException e) {
        throw JsonMappingException.from(in, e.getMessage(), e);
      }
    }
  }
}
