package dev.muster.examples;

import dev.muster.worker.LentRange;
import dev.muster.worker.RangeConsumer;
import dev.muster.worker.StaleLeaseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A process outside of the group that reads for its ranks: it takes a range, reads its lines, and
 * leaves both in a folder. A rank that finds them says {@code step.ranges("lines").claim(range)}.
 */
public final class OutsideReader {
  private OutsideReader() {}

  /**
   * @param pass {@code agents/n0.pass} in the run folder
   */
  static void readAhead(Path pass, List<String> lines, Path folder) throws IOException {
    try (var consumer = RangeConsumer.connect(pass)) {
      Optional<LentRange> range = consumer.next("lines", 50);
      while (range.isPresent()) {
        handOver(consumer, range.get(), lines, folder);
        range = consumer.next("lines", 50);
      }
    }
  }

  private static void handOver(
      RangeConsumer consumer, LentRange range, List<String> lines, Path folder) throws IOException {
    var read = lines.subList((int) range.from(), (int) range.to());
    try {
      consumer.renew(range); // once per lease; it says that this process lives
      Files.write(folder.resolve(range.partition() + "-" + range.from()), read);
      Files.writeString(
          folder.resolve(range.partition() + "-" + range.from() + ".range"), "" + range);
    } catch (StaleLeaseException gone) {
      System.err.println("thrown away, it is lent again: " + gone.getMessage());
    }
  }
}
