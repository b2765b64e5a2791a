package dev.muster.worker.checkpoint.peer;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.muster.collectives.bulk.TransferException;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Headers to JSON and back. Strict, but for unknown fields: fields only ever get added. Any thread.
 */
final class PeerJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private PeerJson() {}

  static byte[] encode(Record header) {
    try {
      return MAPPER.writeValueAsBytes(header);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode " + header, e);
    }
  }

  /**
   * @throws TransferException refused: the peer speaks otherwise
   */
  static <T> T decode(byte[] json, Class<T> type) throws TransferException {
    try {
      return MAPPER.readValue(json, type);
    } catch (IOException e) {
      throw Refusal.MALFORMED.because(
          "not a "
              + type.getSimpleName()
              + ": "
              + e.getMessage()
              + "; run the same release on all hosts");
    }
  }
}
