package dev.muster.protocol.local;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.muster.protocol.frame.MalformedFrameException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The worker protocol's messages to JSON and back, as docs/worker-protocol.md says: {@code type} is
 * the record's name with a small first letter, the other keys are its components. Strict where it
 * is read: UTF-8, no conversion between types, every component there (only a {@link
 * dev.muster.protocol.Nullable} one may be null or absent), nothing after the object. Keys it does
 * not know are skipped unread. Any thread may call.
 */
public final class LocalCodec {
  private static final int DEPTH_MAX = 16;

  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .disable(
              JsonFactory.Feature
                  .CANONICALIZE_FIELD_NAMES) // a peer must not grow a shared table of names
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION) // it may hold the token
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxNumberLength(64)
                  .maxNameLength(1024)
                  .maxStringLength(LocalMessage.MAX_FRAME_BYTES)
                  .build())
          .build();

  private static final Map<String, JsonRecord> FROM_WORKER = records(FromWorker.class);
  private static final Map<String, JsonRecord> TO_WORKER = records(ToWorker.class);

  private static Map<String, JsonRecord> records(Class<?> sealed) {
    var records = new TreeMap<String, JsonRecord>();
    Arrays.stream(sealed.getPermittedSubclasses())
        .map(JsonRecord::new)
        .forEach(r -> records.put(r.name(), r));
    return records;
  }

  /**
   * One object, without frame header.
   *
   * @throws IllegalArgumentException a null that is not allowed, or more than {@link
   *     LocalMessage#MAX_FRAME_BYTES}
   */
  public byte[] encode(LocalMessage message) {
    var name = JsonRecord.name(message.getClass());
    var record = (message instanceof FromWorker ? FROM_WORKER : TO_WORKER).get(name);
    var bytes = new ByteArrayOutputStream(256);
    try (var out = JSON.createGenerator(bytes)) {
      record.write(out, message);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to memory", e);
    }
    if (bytes.size() > LocalMessage.MAX_FRAME_BYTES) {
      throw new IllegalArgumentException(
          "message too large: type="
              + name
              + " maxBytes="
              + LocalMessage.MAX_FRAME_BYTES
              + " actualBytes="
              + bytes.size());
    }
    return bytes.toByteArray();
  }

  /** What a worker said. */
  public FromWorker decodeFromWorker(byte[] frame) throws MalformedFrameException {
    return (FromWorker) decode(frame, FROM_WORKER);
  }

  /** What an agent said. */
  public ToWorker decodeToWorker(byte[] frame) throws MalformedFrameException {
    return (ToWorker) decode(frame, TO_WORKER);
  }

  /** Two passes, because the type may come last and unknown keys are to cost nothing. */
  private static Object decode(byte[] frame, Map<String, JsonRecord> records)
      throws MalformedFrameException {
    if (frame.length > LocalMessage.MAX_FRAME_BYTES) {
      throw new MalformedFrameException(
          "frame too large: maxBytes="
              + LocalMessage.MAX_FRAME_BYTES
              + " actualBytes="
              + frame.length);
    }
    var text = text(frame);
    try {
      var type = type(text);
      var record = records.get(type);
      if (record == null) {
        throw new MalformedFrameException(
            "unknown type: expected=" + records.keySet() + " actual=" + type);
      }
      try (var in = parser(text)) {
        in.nextToken();
        return record.read(in);
      }
    } catch (JsonProcessingException e) {
      throw new MalformedFrameException("bad JSON: reason=" + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read from memory", e);
    }
  }

  private static CharBuffer text(byte[] frame) throws MalformedFrameException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(frame)); // reports, never replaces
    } catch (CharacterCodingException e) {
      throw new MalformedFrameException("not UTF-8: bytes=" + frame.length, e);
    }
  }

  private static JsonParser parser(CharBuffer text) throws IOException {
    return JSON.createParser(text.array(), text.arrayOffset() + text.position(), text.remaining());
  }

  /**
   * The top level's {@code type}; reads to the end, so that the second pass can stop at the last
   * brace.
   */
  private static String type(CharBuffer text) throws IOException, MalformedFrameException {
    String type = null;
    try (var in = parser(text)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedFrameException("not a JSON object");
      }
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        boolean wanted = in.currentName().equals("type");
        var value = in.nextToken();
        if (wanted && (type != null || value != JsonToken.VALUE_STRING)) {
          throw new MalformedFrameException("expected one type, a string");
        }
        type = wanted ? in.getText() : type;
        in.skipChildren();
      }
      if (in.nextToken() != null) {
        throw new MalformedFrameException("something follows the JSON object");
      }
    }
    if (type == null) {
      throw new MalformedFrameException("no type");
    }
    return type;
  }
}
