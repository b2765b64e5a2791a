package dev.muster.protocol.run;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Follows a growing text file: each poll gives the complete lines written since the last one.
 * Single-threaded.
 */
public final class LineTail {
  /** Read at most this much per poll, so that a huge log does not fill the memory. */
  private static final int POLL_BYTES_MAX = 1 << 20;

  private final Path file;
  private long offset;

  public LineTail(Path file) {
    this(file, 0);
  }

  /**
   * @param offset byte to begin at; the first line may be cut when it is not the start of one
   */
  public LineTail(Path file, long offset) {
    this.file = file;
    this.offset = offset;
  }

  /**
   * Complete new lines without their ends; none when the file does not exist yet. A line above the
   * poll size comes in pieces.
   */
  public List<String> poll() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    try (var in = new RandomAccessFile(file.toFile(), "r")) {
      int available = (int) Math.min(in.length() - offset, POLL_BYTES_MAX);
      if (available <= 0) {
        return List.of();
      }
      var bytes = new byte[available];
      in.seek(offset);
      in.readFully(bytes);
      return lines(bytes);
    }
  }

  /** True when a poll would find nothing, an unfinished last line apart. */
  public boolean atEnd() throws IOException {
    return !Files.exists(file) || Files.size(file) <= offset;
  }

  private List<String> lines(byte[] bytes) {
    var lines = new ArrayList<String>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        lines.add(new String(bytes, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
    if (start == 0 && bytes.length == POLL_BYTES_MAX) {
      lines.add(new String(bytes, StandardCharsets.UTF_8));
      start = bytes.length;
    }
    offset += start;
    return lines;
  }
}
