package dev.muster.worker.checkpoint.storage;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * Start of a safetensors file: the length of the JSON in 8 little-endian bytes, then the JSON,
 * filled up with blanks so that the data starts at a multiple of 8. Any thread.
 *
 * <p>Source: the format's description in the safetensors README.
 */
final class SafetensorsJson {
  static final String METADATA = "__metadata__";
  static final int LENGTH_BYTES = 8;

  /** The format's own limit. */
  static final int JSON_BYTES_MAX = 100_000_000;

  /** Names come from outside: no shared table of them, and no name twice. */
  static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private SafetensorsJson() {}

  static byte[] encode(List<SafetensorsHeader.Placed> tensors, SortedMap<String, String> metadata) {
    var bytes = new ByteArrayOutputStream(1024);
    bytes.writeBytes(new byte[LENGTH_BYTES]);
    try (var out = JSON.createGenerator(bytes)) {
      write(out, tensors, metadata);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to memory", e);
    }
    return framed(bytes.toByteArray());
  }

  private static byte[] framed(byte[] json) {
    var header = Arrays.copyOf(json, Math.ceilDiv(json.length, 8) * 8);
    Arrays.fill(header, json.length, header.length, (byte) ' ');
    int length = header.length - LENGTH_BYTES;
    if (length > JSON_BYTES_MAX) {
      throw new IllegalArgumentException(
          "too many tensors for one file: maxHeaderBytes="
              + JSON_BYTES_MAX
              + " actualHeaderBytes="
              + length);
    }
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    return header;
  }

  private static void write(
      JsonGenerator out, List<SafetensorsHeader.Placed> tensors, SortedMap<String, String> metadata)
      throws IOException {
    out.writeStartObject();
    if (!metadata.isEmpty()) {
      out.writeObjectFieldStart(METADATA);
      for (var entry : metadata.entrySet()) {
        out.writeStringField(entry.getKey(), entry.getValue());
      }
      out.writeEndObject();
    }
    for (var tensor : tensors) {
      write(out, tensor);
    }
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, SafetensorsHeader.Placed tensor) throws IOException {
    var spec = tensor.spec();
    out.writeObjectFieldStart(spec.name());
    out.writeStringField("dtype", spec.type().name());
    write(out, "shape", spec.shape());
    write(out, "data_offsets", List.of(tensor.offset(), tensor.end()));
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, String field, List<Long> numbers)
      throws IOException {
    out.writeArrayFieldStart(field);
    for (long number : numbers) {
      out.writeNumber(number);
    }
    out.writeEndArray();
  }
}
