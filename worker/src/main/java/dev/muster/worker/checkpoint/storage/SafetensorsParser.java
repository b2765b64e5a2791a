package dev.muster.worker.checkpoint.storage;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads the JSON of one safetensors header. Strict: no unknown field, no field twice or missing, no
 * conversion between types, nothing but blanks after the object. One use.
 */
final class SafetensorsParser {
  private final String file;
  private final List<SafetensorsHeader.Placed> tensors = new ArrayList<>();
  private final SortedMap<String, String> metadata = new TreeMap<>();

  private SafetensorsParser(String file) {
    this.file = file;
  }

  /**
   * @param file its name, for messages
   */
  static SafetensorsHeader parse(String file, byte[] json) throws DamagedCheckpointException {
    var parser = new SafetensorsParser(file);
    try (var in = SafetensorsJson.JSON.createParser(json)) {
      parser.header(in);
    } catch (DamagedCheckpointException e) {
      throw e;
    } catch (JsonProcessingException e) {
      throw parser.damaged(e.getOriginalMessage(), e);
    } catch (IOException e) { // among them: not UTF-8
      throw parser.damaged(e.getMessage(), e);
    }
    parser.tensors.sort(
        Comparator.comparingLong(SafetensorsHeader.Placed::offset)
            .thenComparingLong(SafetensorsHeader.Placed::end));
    return new SafetensorsHeader(
        parser.tensors, parser.metadata, SafetensorsJson.LENGTH_BYTES + (long) json.length);
  }

  private void header(JsonParser in) throws IOException {
    require(in.nextToken() == JsonToken.START_OBJECT, "expected an object");
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      var name = in.currentName();
      require(in.nextToken() == JsonToken.START_OBJECT, "expected an object: name=" + name);
      if (name.equals(SafetensorsJson.METADATA)) {
        metadata(in);
      } else {
        tensor(in, name);
      }
    }
    require(in.nextToken() == null, "something follows the object");
  }

  private void metadata(JsonParser in) throws IOException {
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      var key = in.currentName();
      require(in.nextToken() == JsonToken.VALUE_STRING, "metadata is text: key=" + key);
      metadata.put(key, in.getText());
    }
  }

  private void tensor(JsonParser in, String name) throws IOException {
    ElementType type = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      var field = in.currentName();
      in.nextToken();
      switch (field) {
        case "dtype" -> type = type(in, name);
        case "shape" -> shape = numbers(in, name);
        case "data_offsets" -> offsets = numbers(in, name);
        default -> throw damaged("unknown field: tensor=" + name + " field=" + field, null);
      }
    }
    require(
        type != null && shape != null && offsets != null && offsets.size() == 2,
        "expected dtype, shape and two data_offsets: tensor=" + name);
    tensors.add(placed(new TensorSpec(name, type, shape), offsets.get(0), offsets.get(1)));
  }

  private SafetensorsHeader.Placed placed(TensorSpec spec, long from, long to)
      throws DamagedCheckpointException {
    try {
      require(
          to - from == spec.sizeBytes() && Math.addExact(from, spec.sizeBytes()) == to,
          "data_offsets do not fit dtype and shape: tensor="
              + spec
              + " expectedBytes="
              + spec.sizeBytes()
              + " actualBytes="
              + (to - from));
    } catch (ArithmeticException e) {
      throw damaged("tensor is larger than any file: tensor=" + spec, e);
    }
    return new SafetensorsHeader.Placed(spec, from);
  }

  private ElementType type(JsonParser in, String name) throws IOException {
    require(in.currentToken() == JsonToken.VALUE_STRING, "dtype is text: tensor=" + name);
    try {
      return ElementType.valueOf(in.getText());
    } catch (IllegalArgumentException e) {
      throw damaged("unknown dtype: tensor=" + name + " dtype=" + in.getText(), e);
    }
  }

  private List<Long> numbers(JsonParser in, String name) throws IOException {
    require(in.currentToken() == JsonToken.START_ARRAY, "expected numbers: tensor=" + name);
    var numbers = new ArrayList<Long>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      require(
          in.currentToken() == JsonToken.VALUE_NUMBER_INT && in.getLongValue() >= 0,
          "expected whole numbers from 0 on: tensor=" + name);
      numbers.add(in.getLongValue());
    }
    return numbers;
  }

  private void require(boolean holds, String statement) throws DamagedCheckpointException {
    if (!holds) {
      throw damaged(statement, null);
    }
  }

  private DamagedCheckpointException damaged(String statement, Throwable cause) {
    return new DamagedCheckpointException(
        "not a safetensors header: file=" + file + " reason=" + statement, cause);
  }
}
