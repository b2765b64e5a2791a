package dev.muster.e2e;

import dev.muster.worker.RangeConsumer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/** A process that takes ranges and hands them to rank 0, as files; until it is killed. */
final class StreamReader {
  private StreamReader() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    var folder = Path.of(args[1]);
    try (var consumer = RangeConsumer.connect(Path.of(args[0]))) {
      for (int i = 0; true; i++) {
        var range = consumer.next(StreamTrainer.DATASET, 5);
        if (range.isPresent()) {
          var draft = folder.resolve(consumer.id().number() + "-" + i + ".draft");
          Files.writeString(draft, range.get().toString());
          Files.move(
              draft,
              folder.resolve(consumer.id().number() + "-" + i + ".range"),
              StandardCopyOption.ATOMIC_MOVE);
        }
        TimeUnit.MILLISECONDS.sleep(40); // reads what the range stands for
      }
    }
  }
}
