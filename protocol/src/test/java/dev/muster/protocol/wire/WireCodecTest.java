package dev.muster.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Output;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.Nullable;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.wire.WireCodec.Registration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class WireCodecTest {
  private final WireCodec codec = new WireCodec();

  record Entry(
      long at, Message message, List<String> lines, Map<String, Object> fields, byte[] raw) {}

  record Empty() {}

  record Points(List<Integer> points) {}

  record Unwritable(java.awt.Point point) {}

  enum Colour {
    RED,
    GREEN
  }

  @Test
  void givenEveryMessage_whenEncodedAndDecoded_thenEqual() throws Exception {
    for (var message : Samples.messages()) {
      assertThat(codec.decodeMessage(codec.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void givenJournalEntries_whenRegistered_thenTheyTravelWithNulls() throws Exception {
    var wide =
        new WireCodec(
            List.of(new Registration(Entry.class, 200), new Registration(Colour.class, 201)));
    var fields =
        new TreeMap<String, Object>(Map.of("a", 1L, "b", List.of("x", 2.5), "c", Colour.GREEN));
    var entry =
        new Entry(1, Samples.messages().getFirst(), List.of("é", ""), fields, new byte[] {1, 2});
    var back = (Entry) wide.decode(wide.encode(entry));
    assertThat(back.message()).isEqualTo(entry.message());
    assertThat(back.lines()).isEqualTo(entry.lines());
    assertThat(back.fields()).isEqualTo(entry.fields());
    assertThat(back.raw()).isEqualTo(entry.raw());
    var nulls = new Entry(1, null, null, null, null);
    assertThat(wide.decode(wide.encode(nulls))).isEqualTo(nulls);
  }

  @Test
  void givenAddedTypes_whenReservedOrTwiceOrUnwritable_thenRefusedAtOnce() {
    assertThatThrownBy(() -> new WireCodec(List.of(new Registration(Empty.class, 199))))
        .hasMessageContaining("199");
    var twice = List.of(new Registration(Empty.class, 200), new Registration(Points.class, 200));
    assertThatThrownBy(() -> new WireCodec(twice)).hasMessageContaining("id=200");
    var again = List.of(new Registration(NodeId.class, 200));
    assertThatThrownBy(() -> new WireCodec(again)).hasMessageContaining("twice");
    var unwritable = List.of(new Registration(Unwritable.class, 200));
    assertThatThrownBy(() -> new WireCodec(unwritable)).hasMessageContaining("java.awt.Point");
  }

  @Test
  void givenEqualMapsInOtherOrder_whenEncoded_thenSameBytes() {
    var up = new java.util.LinkedHashMap<String, String>();
    var down = new java.util.LinkedHashMap<String, String>();
    for (int i = 0; i < 100; i++) {
      up.put("k" + i, "v");
      down.put("k" + (99 - i), "v");
    }
    assertThat(codec.encode(up))
        .isEqualTo(codec.encode(down))
        .isEqualTo(codec.encode(new HashMap<>(up)));
  }

  @Test
  void givenNullWhereNoneIsAllowed_whenEncoded_thenComponentIsNamed() {
    assertThatThrownBy(() -> codec.encode(new ToMaster.Leaving(new NodeId("n0"), null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reason")
        .hasMessageContaining(Nullable.class.getSimpleName());
  }

  @Test
  void givenNullString_whenDecoded_thenRefused() {
    assertRefused(bytes(63, 'n', '0' | 0x80, 0x80), "null"); // Leaving, "n0", Kryo's null String
  }

  @Test
  void givenHugeDeclaredLengths_whenDecoded_thenRefusedBeforeAllocating() {
    assertRefused(withVarInts(10, Integer.MAX_VALUE), "more elements than bytes");
    assertRefused(withVarInts(11, Integer.MAX_VALUE), "more elements than bytes");
    var utf8 = new Output(64);
    utf8.writeVarInt(3, true); // String is Kryo's number 1, numbers are shifted by 2 on the wire
    utf8.writeByte(0xBF);
    utf8.writeVarInt(Integer.MAX_VALUE, true);
    assertRefused(utf8.toBytes(), "not a message");
  }

  @Test
  void givenClassByName_whenDecoded_thenRefusedWithoutLoading() {
    var out = new Output(256);
    out.writeVarInt(1, true); // NAME + 2 in Kryo's class header
    out.writeVarInt(0, true);
    out.writeString("java.awt.Point");
    assertRefused(out.toBytes(), "class by name refused");
  }

  @Test
  void givenNestedLists_whenDeeperThanTheLimit_thenRefused() {
    var out = new Output(4096);
    for (int i = 0; i < 1000; i++) {
      out.writeVarInt(10 + 2, true);
      out.writeVarInt(1, true);
    }
    assertRefused(out.toBytes(), "Max depth exceeded");
  }

  @Test
  void givenWrongElementType_whenDecoded_thenNoHeapPollution() throws Exception {
    var wide = new WireCodec(List.of(new Registration(Points.class, 200)));
    var kryo = new Kryo();
    var out = new Output(64);
    out.writeVarInt(202, true);
    out.writeByte(1); // not null
    out.writeVarInt(1, true);
    kryo.writeObject(out, -3);
    assertThat(((Points) wide.decode(out.toBytes())).points().getFirst())
        .isExactlyInstanceOf(Integer.class);
  }

  @Test
  void givenTrailingBytesOrTruncation_whenDecoded_thenRefused() {
    for (var message : Samples.messages()) {
      var frame = codec.encode(message);
      assertRefused(Arrays.copyOf(frame, frame.length + 1), "bytes after the message");
      for (int length = 0; length < frame.length; length++) {
        assertRefused(Arrays.copyOf(frame, length), "not a message");
      }
    }
  }

  @Test
  void givenPartOfAMessage_whenDecodedAsMessage_thenRefused() throws Exception {
    var frame = codec.encode(new Generation(3));
    assertThat(codec.decode(frame)).isEqualTo(new Generation(3));
    assertThatThrownBy(() -> codec.decodeMessage(frame))
        .isInstanceOf(MalformedFrameException.class)
        .hasMessageContaining("Generation");
  }

  @Test
  void givenValueItsTypeRefuses_whenDecoded_thenReasonIsKept() {
    var frame = codec.encode(new WorkerId(new NodeId("n0"), 0));
    frame[frame.length - 1] = 1; // zigzag for -1
    assertRefused(frame, "negative worker number");
  }

  @Test
  void givenMessageAboveTheLimit_whenEncoded_thenSenderIsToldAndCodecStillWorks() throws Exception {
    var big = new ToMaster.Leaving(new NodeId("n0"), "x".repeat(Frames.MAX_BYTES));
    assertThatThrownBy(() -> codec.encode(big)).hasMessageContaining("message too large");
    var small = new ToAgent.Shutdown(1, "x");
    assertThat(codec.decode(codec.encode(small))).isEqualTo(small);
  }

  @Test
  void givenManyThreads_whenOneCodecIsShared_thenAllAgree() throws Exception {
    Callable<Void> roundTrips =
        () -> {
          for (int i = 0; i < 200; i++) {
            for (var message : Samples.messages()) {
              assertThat(codec.decode(codec.encode(message))).isEqualTo(message);
            }
          }
          return null;
        };
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var each : threads.invokeAll(List.of(roundTrips, roundTrips, roundTrips, roundTrips))) {
        each.get();
      }
    }
  }

  private void assertRefused(byte[] frame, String reason) {
    assertThatThrownBy(() -> codec.decode(frame))
        .isInstanceOf(MalformedFrameException.class)
        .hasMessageContaining(reason);
  }

  private static byte[] withVarInts(int id, int length) {
    var out = new Output(64);
    out.writeVarInt(id + 2, true);
    out.writeVarInt(length, true);
    return out.toBytes();
  }

  private static byte[] bytes(int id, int... rest) {
    var out = new Output(64);
    out.writeVarInt(id + 2, true);
    Arrays.stream(rest).forEach(out::writeByte);
    return out.toBytes();
  }
}
