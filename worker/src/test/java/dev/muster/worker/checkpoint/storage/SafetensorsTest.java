package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  private static final String ONE =
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";

  @TempDir private Path folder;

  @Test
  void givenTwoTensors_whenWritten_thenTheGoldenBytes() throws IOException {
    var header =
        SafetensorsHeader.layOut(
            List.of(spec("b", ElementType.U8, 3L), spec("a\"é", ElementType.F32, 1L, 1L)),
            Map.of("step", "7"));
    var expected =
        "{\"__metadata__\":{\"step\":\"7\"},"
            + "\"a\\\"é\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[4,7]}}";
    var bytes = write(header, new byte[] {1, 2, 3, 4}, new byte[] {5, 6, 7});
    int json = expected.getBytes(StandardCharsets.UTF_8).length;
    int padded = (json + 7) / 8 * 8;
    assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong()).isEqualTo(padded);
    assertThat(new String(bytes, 8, padded, StandardCharsets.UTF_8))
        .isEqualTo(expected + " ".repeat(padded - json));
    assertThat(bytes).endsWith(1, 2, 3, 4, 5, 6, 7).hasSize(8 + padded + 7);
  }

  @Test
  void givenAnyTensors_whenReadBack_thenTheSameHeader() throws IOException {
    var random = new Random(3);
    for (int i = 0; i < 200; i++) {
      var header = random(random, "t");
      var file = new StoredBytes("f", write(header, content(random, header)));
      assertThat(SafetensorsReader.header(file)).as("seed=3 case=%s", i).isEqualTo(header);
    }
  }

  @Test
  void givenAnyTensors_whenReadByPython_thenTheSameNamesShapesAndBytes() throws Exception {
    var random = new Random(5);
    var header =
        SafetensorsHeader.layOut(
            List.of(
                spec("scalar", ElementType.F64),
                spec("empty", ElementType.F32, 0L, 4L),
                spec("half", ElementType.F16, 3L),
                spec("brain", ElementType.BF16, 5L, 1L),
                spec("long", ElementType.I64, 2L),
                spec("int", ElementType.I32, 2L, 2L),
                spec("bytes", ElementType.U8, 7L),
                spec("wörter/\"日本\"\n", ElementType.F32, 2L, 3L)),
            Map.of("format", "pt"));
    var content = content(random, header);
    var file = folder.resolve("a.safetensors");
    Files.write(file, write(header, content));
    var expected = new ArrayList<String>();
    for (int i = 0; i < content.length; i++) {
      var spec = header.tensors().get(i).spec();
      var shape = String.join(",", spec.shape().stream().map(String::valueOf).toList());
      var hex = HexFormat.of().formatHex(content[i]);
      expected.add(
          String.join(
              " ",
              spec.name(),
              spec.type().name(),
              shape.isEmpty() ? "-" : shape,
              hex.isEmpty() ? "-" : hex));
    }
    assertThat(String.join("\n", Python.read(file, folder))).isEqualTo(String.join("\n", expected));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not JSON|{\"w\":|8|not a safetensors header",
        "no object|[1]|0|expected an object",
        "no offsets|{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}}|8|expected dtype, shape and two",
        "unknown type|{\"w\":{\"dtype\":\"F5\",\"shape\":[2],\"data_offsets\":[0,8]}}|8|unknown"
            + " dtype: tensor=w dtype=F5",
        "unknown field|{\"w\":{\"dtype\":\"F32\",\"x\":1}}|8|unknown field: tensor=w field=x",
        "wrong"
            + " size|{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}|8|expectedBytes=12"
            + " actualBytes=8",
        "negative|{\"w\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}|8|whole"
            + " numbers",
        "fraction|{\"w\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}|8|whole"
            + " numbers",
        "text|{\"w\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}|8|whole numbers",
        "too large|{\"w\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}|8|larger"
            + " than any file",
        "beyond"
            + " long|{\"w\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}|8|not"
            + " a safetensors header",
        "end wraps|{\"w\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],\"data_offsets\":[9223372036854775807,0]}}|8|data_offsets",
        "twice|{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}|0|Duplicate",
        "hole|{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}|2|hole between"
            + " tensors: file=f tensor=w expectedOffset=0 actualOffset=1",
        "overlap|{\"v\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}|3|tensors"
            + " overlap: file=f tensor=w expectedOffset=2 actualOffset=1",
        "truncated|{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}|7|file is"
            + " truncated",
        "too long|{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}|9|bytes follow"
            + " the last tensor",
        "two objects|{}{}|0|something follows",
        "metadata|{\"__metadata__\":{\"a\":1}}|0|metadata is text",
      })
  void givenADamagedHeader_whenRead_thenRefusedWithTheReason(
      String name, String json, int data, String message) {
    assertThatThrownBy(() -> SafetensorsReader.header(file(json, data)))
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("file=f");
  }

  @Test
  void givenAWholeFile_whenCutAnywhere_thenRefused() throws IOException {
    var whole = file(ONE, 8).bytes();
    for (int n = 0; n < whole.length; n++) {
      var cut = new StoredBytes("f", Arrays.copyOf(whole, n));
      assertThatThrownBy(() -> SafetensorsReader.header(cut))
          .isInstanceOf(DamagedCheckpointException.class);
    }
    assertThat(SafetensorsReader.header(file(ONE, 8)).tensors()).hasSize(1);
  }

  /** Whatever a bit does, the answer is a header or a definite error, never another exception. */
  @Test
  void givenAWholeFile_whenAnyHeaderBitFlips_thenAHeaderOrADefiniteError() throws IOException {
    for (int bit = 0; bit < 8 * (file(ONE, 8).bytes().length - 8); bit++) {
      var flipped = file(ONE, 8);
      flipped.bytes()[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        SafetensorsReader.header(flipped);
      } catch (DamagedCheckpointException definite) {
        assertThat(definite).hasMessageContaining("file=f");
      }
    }
  }

  @Test
  void givenAHeaderLengthBeyondTheFile_whenRead_thenNothingIsAllocatedForIt() {
    var bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(-1).array();
    assertThatThrownBy(() -> SafetensorsReader.header(new StoredBytes("f", bytes)))
        .hasMessageContaining("actualHeaderBytes=18446744073709551615");
  }

  @Test
  void givenATensorOutOfTurnOrMissing_whenWritten_thenRefused() throws IOException {
    var header =
        SafetensorsHeader.layOut(
            List.of(spec("a", ElementType.U8, 2L), spec("b", ElementType.U8, 1L)), Map.of());
    var writer = new SafetensorsWriter(Channels.newChannel(new ByteArrayOutputStream()), header);
    var one = MemorySegment.ofArray(new byte[1]);
    assertThatThrownBy(() -> writer.write("b", one)).hasMessageContaining("expected=a");
    writer.write("a", one);
    assertThatThrownBy(() -> writer.write("b", one)).hasMessageContaining("remainingBytes=1");
    writer.write("a", one);
    assertThatThrownBy(() -> writer.write("b", MemorySegment.ofArray(new byte[2])))
        .hasMessageContaining("out of turn or too long");
    assertThatThrownBy(writer::finish).hasMessageContaining("was not written: expected=b");
    writer.write("b", one);
    writer.finish();
  }

  @Test
  void givenANameTwice_whenLaidOut_thenRefused() {
    assertThatThrownBy(() ->
            SafetensorsHeader.layOut(
                List.of(spec("a", ElementType.U8), spec("a", ElementType.I8)), Map.of()))
        .hasMessageContaining("needs a name of its own: name=a");
  }

  /** The memory is a sparse file, so that neither the heap nor the disk holds it. */
  @Test
  void givenATensorOfMoreThan2GiB_whenWritten_thenEveryByteAndItsNeighboursInPlace()
      throws IOException {
    long size = (1L << 31) + 12_345;
    var sparse = folder.resolve("sparse");
    try (var arena = Arena.ofConfined();
        var file =
            FileChannel.open(
                sparse,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {42}), size - 1);
      var memory = file.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      var header =
          SafetensorsHeader.layOut(
              List.of(spec("big", ElementType.U8, size), spec("small", ElementType.BOOL, 1L)),
              Map.of());
      var out = new LastBytes();
      var writer = new SafetensorsWriter(out, header);
      writer.write("big", memory);
      assertThat(out.last).isEqualTo((byte) 42);
      assertThat(out.count).isEqualTo(header.dataStart() + size);
      writer.write("small", MemorySegment.ofArray(new byte[] {1}));
      writer.finish();
      assertThat(out.count).isEqualTo(header.sizeBytes());
    }
  }

  /** Counts what it is given and keeps the last byte. */
  private static final class LastBytes implements WritableByteChannel {
    private long count;
    private byte last;

    @Override
    public int write(ByteBuffer bytes) {
      int n = bytes.remaining();
      last = n > 0 ? bytes.get(bytes.limit() - 1) : last;
      bytes.position(bytes.limit());
      count += n;
      return n;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static StoredBytes file(String json, int dataBytes) {
    var text = json.getBytes(StandardCharsets.UTF_8);
    var bytes = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    return new StoredBytes("f", bytes.putLong(text.length).put(text).array());
  }

  static TensorSpec spec(String name, ElementType type, Long... shape) {
    return new TensorSpec(name, type, List.of(shape));
  }

  private static SafetensorsHeader random(Random random, String prefix) {
    var specs = new ArrayList<TensorSpec>();
    for (int i = random.nextInt(6); i > 0; i--) {
      var type = ElementType.values()[random.nextInt(ElementType.values().length)];
      specs.add(spec(prefix + i, type, (long) random.nextInt(4), (long) random.nextInt(4)));
    }
    return SafetensorsHeader.layOut(specs, random.nextBoolean() ? Map.of() : Map.of("k", "v"));
  }

  private static byte[][] content(Random random, SafetensorsHeader header) {
    return header.tensors().stream()
        .map(t -> {
          var bytes = new byte[(int) t.spec().sizeBytes()];
          random.nextBytes(bytes);
          return bytes;
        })
        .toArray(byte[][]::new);
  }

  private static byte[] write(SafetensorsHeader header, byte[]... content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var writer = new SafetensorsWriter(Channels.newChannel(bytes), header);
    for (int i = 0; i < content.length; i++) {
      writer.write(header.tensors().get(i).spec().name(), MemorySegment.ofArray(content[i]));
    }
    writer.finish();
    return bytes.toByteArray();
  }
}
