package dev.muster.cli.abort;

import dev.muster.cli.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The processes of a measurement, and what they say. One thread. */
final class RankHosts implements AutoCloseable {
  /** Nothing takes so long unless it hangs. */
  private static final long LIMIT_S = 120;

  private final Path directory;
  private final List<Host> hosts = new ArrayList<>();

  /** One {@link RankHost}. */
  static final class Host {
    private final Process process;
    private final PrintWriter orders;
    private final BlockingQueue<String[]> said = new LinkedBlockingQueue<>();
    private final Queue<String[]> kept = new ArrayDeque<>();

    private Host(Path directory) throws IOException {
      var command = JavaCommand.bench(RankHost.class.getName(), directory.toString());
      command.add(1, "--add-modules=jdk.incubator.vector");
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      orders = new PrintWriter(process.outputWriter(), true);
      Thread.ofVirtual().start(() -> listen(process.inputReader()));
    }

    private void listen(BufferedReader in) {
      try {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          said.add(line.split(" ", 5));
        }
      } catch (IOException ended) {
        // as the end of the stream
      }
      said.add(new String[] {"ended"});
    }

    void order(String line) {
      orders.println(line);
    }

    /**
     * @throws IOException it says something else, or nothing for minutes
     */
    String[] hear(String word) throws IOException {
      String[] words = kept.isEmpty() ? hearAny() : kept.remove();
      if (!words[0].equals(word)) {
        throw new IOException(
            "a process of ranks: expected=%s actual=%s pid=%d"
                .formatted(word, String.join(" ", words), process.pid()));
      }
      return words;
    }

    /** Whatever comes next. */
    String[] hearAny() throws IOException {
      try {
        String[] words = said.poll(LIMIT_S, TimeUnit.SECONDS);
        if (words == null) {
          throw new IOException(
              "a process of ranks says nothing: pid=%d seconds=%d"
                  .formatted(process.pid(), LIMIT_S));
        }
        return words;
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }

    /** To be heard later. */
    void keep(String[] words) {
      kept.add(words);
    }

    Holdings count() throws IOException {
      order("count");
      return Holdings.parse(hear("count"));
    }

    /** SIGKILL; returns when it is gone. */
    void kill() throws IOException {
      process.destroyForcibly();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
    }
  }

  RankHosts(Path directory, int count) throws IOException {
    this.directory = directory;
    for (int i = 0; i < count; i++) {
      hosts.add(start());
    }
    for (var host : hosts) {
      host.hear("ready");
    }
  }

  /** Says ready when it is. */
  Host start() throws IOException {
    return new Host(directory);
  }

  List<Host> all() {
    return hosts;
  }

  void replace(Host gone, Host by) {
    hosts.set(hosts.indexOf(gone), by);
  }

  void order(String line) {
    hosts.forEach(host -> host.order(line));
  }

  @Override
  public void close() throws IOException {
    for (var host : hosts) {
      host.kill();
    }
  }
}
