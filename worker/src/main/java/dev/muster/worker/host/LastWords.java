package dev.muster.worker.host;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.muster.protocol.Exit;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a plain command left about its failure: the error file that scripts write through PyTorch's
 * {@code @record}, otherwise the end of its standard error. Reads bounded parts of files that
 * anybody may have written; a damaged one counts as none.
 */
final class LastWords {
  private static final int ERROR_FILE_BYTES_MAX = 1 << 20;
  private static final int STDERR_BYTES = 4 * 1024;
  private static final int TEXT_MAX = 16 * 1024;

  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build())
              .build());

  private LastWords() {}

  /**
   * @param logs folder of the process
   * @return empty after success, after a signal (nobody had time for words then), and when there
   *     are none
   */
  static String of(Path logs, Exit exit) {
    if (exit.success() || exit.signal() != 0) {
      return "";
    }
    var recorded = recorded(WorkerEnvironment.errorFile(logs));
    return recorded.isEmpty() ? endOf(logs.resolve("stderr.log")) : recorded;
  }

  private static String recorded(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > ERROR_FILE_BYTES_MAX) {
        return "";
      }
      var message = JSON.readTree(Files.readAllBytes(file)).path("message");
      return cut(message.isTextual() ? message.asText() : text(message));
    } catch (IOException damaged) {
      return "";
    }
  }

  private static String text(JsonNode message) {
    var said = message.path("message").asText("");
    var stack = message.path("extraInfo").path("py_callstack").asText("");
    return (said + "\n" + stack).strip();
  }

  private static String endOf(Path file) {
    try (var log = new RandomAccessFile(file.toFile(), "r")) {
      long from = Math.max(0, log.length() - STDERR_BYTES);
      var bytes = new byte[(int) (log.length() - from)];
      log.seek(from);
      log.readFully(bytes);
      var text = new String(bytes, StandardCharsets.UTF_8);
      return (from == 0 ? text : text.substring(text.indexOf('\n') + 1)).strip();
    } catch (IOException none) {
      return "";
    }
  }

  private static String cut(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX) + "...";
  }
}
