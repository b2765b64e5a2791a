package dev.muster.worker.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Copies what processes write from their log files to the console, line by line.
 *
 * <p>The processes write the files themselves, so nothing can be lost or blocked by a slow console,
 * and the last lines before a crash are there. One thread reads them all a few times a second, and
 * once more when a process has ended.
 */
public final class OutputFollower implements AutoCloseable {
  private static final long INTERVAL_MS = 100;

  private final BiConsumer<String, String> console;
  private final List<Following> followed = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService reader =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("output-follower").factory());

  /**
   * @param console gets (name of the process, line without its end) from one thread; its exceptions
   *     are ignored
   */
  public OutputFollower(BiConsumer<String, String> console) {
    this.console = console;
    reader.scheduleWithFixedDelay(this::readAll, INTERVAL_MS, INTERVAL_MS, TimeUnit.MILLISECONDS);
  }

  static Path stdout(Path logs) {
    return logs.resolve("stdout.log");
  }

  static Path stderr(Path logs) {
    return logs.resolve("stderr.log");
  }

  Following follow(String name, Path logs) {
    var following = new Following(new Tail(name, stdout(logs)), new Tail(name, stderr(logs)));
    followed.add(following);
    return following;
  }

  private void readAll() {
    followed.forEach(Following::read);
  }

  /** Reads to the end of all files before it returns. */
  @Override
  public void close() {
    reader.execute(() -> List.copyOf(followed).forEach(Following::end));
    reader.shutdown();
    try {
      reader.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The two files of one process. */
  final class Following {
    private final Tail out;
    private final Tail err;

    private Following(Tail out, Tail err) {
      this.out = out;
      this.err = err;
    }

    /** The process has ended: read what is left, then forget it. */
    void finish() {
      try {
        reader.execute(this::end);
      } catch (RejectedExecutionException closed) {
        // close() reads to the end as well
      }
    }

    private void read() {
      out.read();
      err.read();
    }

    private void end() {
      if (followed.remove(this)) {
        out.end();
        err.end();
      }
    }
  }

  /** One file that grows. Reader thread only. */
  private final class Tail {
    private final String name;
    private final Path file;
    private final Lines lines = new Lines();
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    private FileChannel channel;

    Tail(String name, Path file) {
      this.name = name;
      this.file = file;
    }

    void read() {
      try {
        if (channel == null) {
          channel = FileChannel.open(file, StandardOpenOption.READ);
        }
        while (channel.read(buffer.clear()) > 0) {
          print(lines.feed(buffer.flip()));
        }
      } catch (IOException e) {
        // not there yet, or the disk is in trouble: the process itself will say so
      }
    }

    void end() {
      read();
      print(lines.rest());
      try {
        if (channel != null) {
          channel.close();
        }
      } catch (IOException e) {
        // it was only read
      }
    }

    private void print(List<String> complete) {
      for (String line : complete) {
        try {
          console.accept(name, line);
        } catch (RuntimeException e) {
          // a broken console must not end the following of others
        }
      }
    }
  }

  /** Bytes to lines of bounded length; a longer one is cut and marked. */
  static final class Lines {
    static final int MAX_BYTES = 8 * 1024;

    private final byte[] line = new byte[MAX_BYTES];
    private int length;
    private boolean cut;

    List<String> feed(ByteBuffer bytes) {
      var complete = new ArrayList<String>();
      while (bytes.hasRemaining()) {
        byte b = bytes.get();
        if (b == '\n') {
          complete.add(take());
        } else if (length < MAX_BYTES) {
          line[length++] = b;
        } else {
          cut = true;
        }
      }
      return complete;
    }

    /** A last line without an end. */
    List<String> rest() {
      return length == 0 ? List.of() : List.of(take());
    }

    private String take() {
      int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
      String text = new String(line, 0, end, StandardCharsets.UTF_8) + (cut ? "..." : "");
      length = 0;
      cut = false;
      return text;
    }
  }
}
