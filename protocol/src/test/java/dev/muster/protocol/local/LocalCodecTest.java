package dev.muster.protocol.local;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.frame.MalformedFrameException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalCodecTest {
  private final LocalCodec codec = new LocalCodec();

  @Test
  void givenEveryMessage_whenEncoded_thenJsonIsThatOfThisVersion() throws IOException {
    var actual =
        LocalSamples.messages().stream().map(m -> new String(codec.encode(m), UTF_8)).toList();
    assertThat(actual)
        .as(
            "the worker protocol changed, and workers in other languages speak it. A new optional"
                + " key needs no new version; anything else raises LocalMessage.VERSION. Then"
                + " change docs/worker-protocol.md and src/test/resources/local-golden.jsonl")
        .isEqualTo(golden());
  }

  @Test
  void givenGoldenJson_whenDecoded_thenTheMessageComesBack() throws Exception {
    var lines = golden();
    for (int i = 0; i < lines.size(); i++) {
      assertThat(decode(lines.get(i), LocalSamples.messages().get(i)))
          .isEqualTo(LocalSamples.messages().get(i));
    }
  }

  @Test
  void givenSealedMessages_whenSamplesAreListed_thenEachTypeHasOne() {
    var sampled = LocalSamples.messages().stream().map(Object::getClass).toList();
    for (var side : LocalMessage.class.getPermittedSubclasses()) {
      assertThat(sampled).containsAll(Arrays.asList(side.getPermittedSubclasses()));
    }
  }

  @Test
  void givenOtherKeyOrderSpacesAndUnknownKeys_whenDecoded_thenAccepted() throws Exception {
    var json =
        " { \"step\" : 50, \"new\":{\"a\":[1,{\"type\":\"x\"}]}, \"generation\":7"
            + " ,\"type\":\"restored\" } ";
    assertThat(codec.decodeFromWorker(json.getBytes(UTF_8)))
        .isEqualTo(new FromWorker.Restored(7, 50));
  }

  @Test
  void givenFinishedWithoutLoss_whenDecoded_thenLossIsNull() throws Exception {
    var json =
        "{\"type\":\"finished\",\"generation\":7,\"step\":3,\"parametersDigest\":\"\",\"report\":[]}";
    assertThat(((FromWorker.Finished) codec.decodeFromWorker(json.getBytes(UTF_8))).loss())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``                                                        | not a JSON object",
        "[]                                                        | not a JSON object",
        "{}                                                        | no type",
        "{\"type\":\"nope\"}                                       | unknown type",
        "{\"type\":\"form\"}                                       | unknown type",
        "{\"type\":3}                                              | expected one type",
        "{\"type\":\"ready\",\"type\":\"ready\"}                   | expected one type",
        "{\"type\":\"ready\"                                       | bad JSON",
        "{\"type\":\"ready\"} {}                                   | follows",
        "{\"type\":\"ready\"} x                                    | bad JSON",
        "{\"type\":\"joined\"}                                     | missing field: type=joined"
            + " field=generation",
        "{\"type\":\"joined\",\"generation\":null}                 | field=generation expected=LONG"
            + " actual=VALUE_NULL",
        "{\"type\":\"joined\",\"generation\":\"7\"}                | expected=LONG"
            + " actual=VALUE_STRING",
        "{\"type\":\"joined\",\"generation\":7.0}                  | expected=LONG"
            + " actual=VALUE_NUMBER_FLOAT",
        "{\"type\":\"joined\",\"generation\":true}                 | expected=LONG"
            + " actual=VALUE_TRUE",
        "{\"type\":\"joined\",\"generation\":9223372036854775808}  | bad JSON",
        "{\"type\":\"joined\",\"generation\":7,\"generation\":7}   | field twice",
        "{\"type\":\"failed\",\"generation\":7,\"step\":1,\"error\":5} | expected=STRING",
        "{\"type\":\"joined\",\"generation\":NaN}                  | bad JSON",
        "{\"type\":\"joined\",'generation':7}                      | bad JSON",
        "{\"type\":\"joined\",/**/\"generation\":7}                | bad JSON",
      })
  void givenBadJson_whenDecoded_thenRefusedWithReason(String json, String reason) {
    assertRefused(json.getBytes(UTF_8), reason);
  }

  @Test
  void givenWrongElements_whenDecoded_thenRefused() {
    var form = golden(10);
    for (var bad : List.of("[1,null]", "[1,\"3\"]", "[[1]]", "{}", "[4294967296]")) {
      assertThatThrownBy(() -> codec.decodeToWorker(form.replace("[1,3]", bad).getBytes(UTF_8)))
          .isInstanceOf(MalformedFrameException.class);
    }
    var welcome = golden(9);
    for (var bad : List.of("null", "7", "{}", "[]")) {
      assertThatThrownBy(
              () -> codec.decodeToWorker(welcome.replace("\"gpt-small\"", bad).getBytes(UTF_8)))
          .isInstanceOf(MalformedFrameException.class);
    }
  }

  @Test
  void givenInfiniteLoss_whenEncoded_thenNull_andWhenDecoded_thenRefused() throws Exception {
    var finished = new FromWorker.Finished(7, 1, Double.NaN, "", List.of());
    assertThat(new String(codec.encode(finished), UTF_8)).contains("\"loss\":null");
    assertRefused(
        golden(7).replace("1.875,", "1e999,").getBytes(UTF_8), "field=loss expected=DOUBLE");
  }

  @Test
  void givenDeepNestingInAnUnknownKey_whenDecoded_thenRefused() {
    var json = "{\"type\":\"ready\",\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertRefused(json.getBytes(UTF_8), "nesting depth");
  }

  @Test
  void givenOtherCharsetOrInvalidUtf8_whenDecoded_thenRefused() {
    assertRefused("{\"type\":\"ready\"}".getBytes(UTF_16), "not UTF-8");
    assertRefused(new byte[] {'{', '"', (byte) 0xC0, (byte) 0x80, '"', '}'}, "not UTF-8");
  }

  @Test
  void givenFrameAboveTheLimit_whenEncodedOrDecoded_thenRefused() {
    var big = new FromWorker.Failed(7, 1, "x".repeat(LocalMessage.MAX_FRAME_BYTES));
    assertThatThrownBy(() -> codec.encode(big)).hasMessageContaining("message too large");
    assertRefused(new byte[LocalMessage.MAX_FRAME_BYTES + 1], "frame too large");
  }

  @Test
  void givenNullOrHalfASurrogatePair_whenEncoded_thenRefusedOrReplaced() throws Exception {
    assertThatThrownBy(() -> codec.encode(new ToWorker.Stop(null)))
        .hasMessageContaining("field=reason");
    var cut = codec.encode(new ToWorker.Stop("cut \uD83D"));
    assertThat(codec.decodeToWorker(cut)).isEqualTo(new ToWorker.Stop("cut ?"));
  }

  private LocalMessage decode(String json, LocalMessage like) throws MalformedFrameException {
    var bytes = json.getBytes(UTF_8);
    return like instanceof FromWorker ? codec.decodeFromWorker(bytes) : codec.decodeToWorker(bytes);
  }

  private void assertRefused(byte[] json, String reason) {
    assertThatThrownBy(() -> codec.decodeFromWorker(json))
        .isInstanceOf(MalformedFrameException.class)
        .hasMessageContaining(reason);
  }

  private static String golden(int line) {
    try {
      return golden().get(line);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<String> golden() throws IOException {
    try (var in =
        Objects.requireNonNull(LocalCodecTest.class.getResourceAsStream("/local-golden.jsonl"))) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
