package dev.muster.master.journal;

import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/**
 * A process of its own that appends numbered entries, prints each number once it is acknowledged,
 * and waits for SIGKILL.
 */
final class AppendForever {
  private AppendForever() {}

  public static void main(String[] args) throws Exception {
    var open = new OpenJournal(Path.of(args[0]));
    var inFlight = new Semaphore(8);
    for (int number = open.replayed.size(); ; number++) {
      inFlight.acquire();
      int entry = number;
      open.journal.append(
          Integer.toString(entry),
          () -> {
            System.out.println("ack " + entry);
            inFlight.release();
          });
    }
  }
}
