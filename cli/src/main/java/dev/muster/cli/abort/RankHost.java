package dev.muster.cli.abort;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * A process with some ranks of a group, each a thread of its own; does what it is told by its
 * standard input, line by line, and ends with it. Times are those of the host's monotonic clock.
 *
 * <pre>
 *   join GENERATION WORLD FIRST COUNT START BYTES   each rank: joined RANK NS
 *   block CALL AWAY                                 each rank but AWAY: left RANK NS ERROR
 *   script SEED                                     each rank: left RANK NS APPLIED ERROR
 *   abort RANK                                      aborted NS, before it
 *   close                                           each rank: closed RANK
 *   count                                           count FILES MAPPINGS THREADS
 * </pre>
 */
public final class RankHost {
  private final Path directory;
  private final Groups groups = new SharedMemoryGroups();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("rank-", 0).factory());
  private final Map<Integer, Communicator> ranks = new TreeMap<>(); // guarded by itself

  private RankHost(Path directory) {
    this.directory = directory;
  }

  /** DIRECTORY of the segments. */
  public static void main(String[] args) throws IOException {
    var host = new RankHost(Path.of(args[0]));
    say("ready");
    try (var in = new java.util.Scanner(System.in)) {
      while (in.hasNextLine()) {
        host.obey(in.nextLine().split(" "));
      }
    }
    System.exit(0);
  }

  private static synchronized void say(String line) {
    System.out.println(line);
  }

  private void obey(String[] words) throws IOException {
    switch (words[0]) {
      case "join" -> join(words);
      case "block" -> {
        int away = Integer.parseInt(words[2]);
        each(c -> block(c, BlockedCall.valueOf(words[1]), away));
      }
      case "script" -> each(c -> script(c, Long.parseLong(words[1])));
      case "abort" -> abort(Integer.parseInt(words[1]));
      case "close" -> close();
      case "count" -> say("count " + Holdings.ofThisProcess(directory));
      default -> throw new IllegalArgumentException("unknown order: " + String.join(" ", words));
    }
  }

  private void join(String[] words) {
    long generation = Long.parseLong(words[1]);
    int first = Integer.parseInt(words[3]);
    var spec =
        new Groups.Spec(
            directory,
            "dp",
            generation,
            Integer.parseInt(words[2]),
            Long.parseLong(words[5]),
            Long.parseLong(words[6]));
    for (int rank = first; rank < first + Integer.parseInt(words[4]); rank++) {
      int own = rank;
      threads.execute(() -> join(spec, own));
    }
  }

  private void join(Groups.Spec spec, int rank) {
    try {
      var communicator = groups.join(spec, rank);
      synchronized (ranks) {
        ranks.put(rank, communicator);
      }
      say("joined " + rank + " " + System.nanoTime());
    } catch (GroupRevokedException revoked) {
      say("joined " + rank + " " + System.nanoTime() + " revoked");
    } catch (RuntimeException | Error e) {
      say("joined " + rank + " 0 " + e);
    }
  }

  private void each(Consumer<Communicator> body) {
    synchronized (ranks) {
      ranks.values().forEach(c -> threads.execute(() -> body.accept(c)));
    }
  }

  private static void block(Communicator c, BlockedCall call, int away) {
    if (c.rank() == away) {
      return;
    }
    String error = "returned";
    try {
      call.run(c, away);
    } catch (GroupRevokedException e) {
      error = "revoked";
    } catch (RuntimeException | Error e) {
      error = e.toString();
    }
    say("left " + c.rank() + " " + System.nanoTime() + " " + error);
  }

  private static void script(Communicator c, long seed) {
    long applied = c.committedStep();
    String error;
    try (var script = new CallScript(c, seed)) {
      error = script.run();
      applied = script.applied();
    }
    long nowNs = System.nanoTime();
    say("left " + c.rank() + " " + nowNs + " " + applied + " " + error);
  }

  private void abort(int rank) {
    Communicator communicator;
    synchronized (ranks) {
      communicator = ranks.get(rank);
    }
    long nowNs = System.nanoTime();
    communicator.abort("rank " + rank + " aborts");
    say("aborted " + nowNs);
  }

  private void close() {
    synchronized (ranks) {
      ranks.forEach((rank, c) -> {
        c.close();
        say("closed " + rank);
      });
      ranks.clear();
    }
  }
}
