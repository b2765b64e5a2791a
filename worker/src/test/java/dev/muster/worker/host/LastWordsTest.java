package dev.muster.worker.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LastWordsTest {
  private static final Exit FAILED = Exit.code(1);

  @TempDir Path logs;

  @BeforeEach
  void writesSomething() throws IOException {
    Files.writeString(logs.resolve("stderr.log"), "warning\nTraceback\nKeyError: 'x'\n");
  }

  private void leaves(String json) throws IOException {
    Files.writeString(WorkerEnvironment.errorFile(logs), json);
  }

  @Test
  void givenARecordedError_whenRead_thenItsTextAndItsCalls() throws IOException {
    leaves(
        """
        {"message": {"message": "ValueError: no", "extraInfo": {"py_callstack": "at line 3\\n", "timestamp": "17"}}}
        """);
    assertThat(LastWords.of(logs, FAILED)).isEqualTo("ValueError: no\nat line 3");
  }

  @Test
  void givenAPlainMessage_whenRead_thenIt() throws IOException {
    leaves("{\"message\": \"gone wrong\"}");
    assertThat(LastWords.of(logs, FAILED)).isEqualTo("gone wrong");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"message\": 3}", "{\"other\": {}}", "\u0000"})
  void givenNoneThatCanBeRead_whenAsked_thenTheEndOfStandardError(String damaged)
      throws IOException {
    leaves(damaged);
    assertThat(LastWords.of(logs, FAILED)).endsWith("KeyError: 'x'");
  }

  @Test
  void givenMuchOutput_whenRead_thenWholeLinesOfItsEnd() throws IOException {
    Files.writeString(logs.resolve("stderr.log"), "a line of some length\n".repeat(10_000) + "end");
    assertThat(LastWords.of(logs, FAILED))
        .startsWith("a line")
        .endsWith("end")
        .hasSizeBetween(4_000, 4_096);
  }

  @Test
  void givenASignalOrSuccess_whenEnded_thenItLeftNoWords() {
    assertThat(LastWords.of(logs, Exit.signal(9))).isEmpty();
    assertThat(LastWords.of(logs, Exit.code(0))).isEmpty();
  }

  @Test
  void givenNoFiles_whenEnded_thenNone() throws IOException {
    Files.delete(logs.resolve("stderr.log"));
    assertThat(LastWords.of(logs, FAILED)).isEmpty();
  }
}
