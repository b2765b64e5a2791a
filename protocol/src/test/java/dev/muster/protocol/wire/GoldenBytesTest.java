package dev.muster.protocol.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.message.Message;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GoldenBytesTest {
  private static final String FILE = "/wire-golden.hex";
  private final WireCodec codec = new WireCodec();

  @Test
  void givenEveryMessage_whenEncoded_thenBytesAreThoseOfThisVersion() throws IOException {
    var actual = Samples.messages().stream().map(this::line).toList();
    assertThat("version " + WireCodec.VERSION)
        .as("first line of src/test/resources%s names WireCodec.VERSION", FILE)
        .isEqualTo(golden().getFirst());
    assertThat(actual)
        .as(
            "the wire format changed. If that is meant: 1. raise WireCodec.VERSION by one, so that"
                + " older ends are refused in the handshake; 2. replace src/test/resources%s"
                + " by%nversion %d%n%s",
            FILE, WireCodec.VERSION + 1, String.join("\n", actual))
        .isEqualTo(golden().subList(1, golden().size()));
  }

  @Test
  void givenGoldenBytes_whenDecoded_thenTheMessageComesBack() throws Exception {
    var lines = golden();
    var messages = Samples.messages();
    for (int i = 0; i < messages.size(); i++) {
      var hex = lines.get(i + 1).substring(lines.get(i + 1).indexOf(' ') + 1);
      assertThat(codec.decodeMessage(HexFormat.of().parseHex(hex))).isEqualTo(messages.get(i));
    }
  }

  private String line(Message message) {
    var name =
        message.getClass().getEnclosingClass().getSimpleName()
            + "."
            + message.getClass().getSimpleName();
    return name + " " + HexFormat.of().formatHex(codec.encode(message));
  }

  private static List<String> golden() throws IOException {
    try (var in = Objects.requireNonNull(GoldenBytesTest.class.getResourceAsStream(FILE), FILE)) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
