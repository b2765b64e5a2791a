package dev.muster.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobSpecWriterTest {
  private static final String CHARACTERS = "aZ0 .\"\\${}[]=#/\n\té漢,:+-";

  @TempDir Path folder;

  @Test
  void givenRandomSettings_whenWrittenAndRead_thenEqual() throws Exception {
    for (long seed = 0; seed < 300; seed++) {
      var settings = new Draw(seed).settings();
      var file = Files.writeString(folder.resolve("job.conf"), JobSpecReader.render(settings));
      assertThat(JobSpecReader.read(List.of(file), Map.of()))
          .as("seed=%d", seed)
          .isEqualTo(settings);
    }
  }

  @Test
  void givenSettings_whenWritten_thenEveryKeyIsSpelledOut() throws Exception {
    var file =
        Files.writeString(folder.resolve("job.conf"), JobSpecReader.render(new Draw(1).settings()));
    assertThat(ConfigFiles.paths(file)).containsExactlyElementsOf(ConfigFiles.known());
  }

  @Test
  void givenDurationsAndSizes_whenSpelled_thenInTheLargestExactUnit() {
    assertThat(
            List.of(
                Units.duration(0),
                Units.duration(90_000_000_000L),
                Units.duration(1_500_000_000L),
                Units.duration(7)))
        .containsExactly("0s", "90s", "1500ms", "7ns");
    assertThat(List.of(Units.bytes(256L << 20), Units.bytes(1025)))
        .containsExactly("256MiB", "1025B");
  }

  /** Settings drawn from a seed, inside every range. */
  private record Draw(SplittableRandom random) {
    Draw(long seed) {
      this(new SplittableRandom(seed));
    }

    Settings settings() {
      var lease = upTo(100_000_000L, 3_600_000_000_000L);
      var master =
          new MasterSettings(
              "h-" + upTo(1, 99) + ":" + upTo(0, 65_535), lease, upTo(10_000_000L, lease / 3));
      return new Settings(job(), master, (int) upTo(1, 1024));
    }

    private JobSpec job() {
      long steps = upTo(1, Long.MAX_VALUE);
      int workers = (int) upTo(1, Keys.WORKERS_MAX);
      return new JobSpec(
          "n" + text().replaceAll("\\p{Cntrl}", ""),
          random.nextLong(),
          steps,
          workers,
          (int) upTo(1, workers),
          (int) upTo(0, 99),
          random.nextBoolean(),
          (int) upTo(0, Integer.MAX_VALUE),
          (int) upTo(0, Integer.MAX_VALUE),
          duration(),
          duration(),
          1_000_000 + duration(),
          duration(),
          new JobSpec.Hang(1 + 900 * random.nextDouble(), 1_000_000 + duration()),
          list(() ->
              new JobSpec.Fault((int) upTo(0, workers - 1), upTo(1, Math.min(steps, 999_999)))),
          new JobSpec.Checkpoint(
              (int) upTo(0, 100) - 1,
              (int) upTo(1, 16),
              interval(),
              interval(),
              (int) upTo(1, 99),
              upTo(0, Long.MAX_VALUE),
              text().replaceAll("\\p{Cntrl}", "")),
          worker());
    }

    private JobSpec.WorkerSpec worker() {
      var command = new ArrayList<>(list(this::text));
      command.add("program");
      return new JobSpec.WorkerSpec(
          random.nextBoolean(),
          command,
          map(),
          map(),
          upTo(4096, 1L << 40),
          JobSpec.Gpus.values()[random.nextInt(3)]);
    }

    private long duration() {
      return upTo(0, 3_000) * new long[] {1, 1_000, 1_000_000, 1_000_000_000}[random.nextInt(4)];
    }

    private long interval() {
      return random.nextInt(4) == 0 ? JobSpec.Checkpoint.AUTO : duration();
    }

    private Map<String, String> map() {
      var map = new TreeMap<String, String>();
      list(this::text).forEach(key -> map.put(key, text()));
      return map;
    }

    private String text() {
      var text = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        text.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
      }
      return text.toString();
    }

    private <T> List<T> list(Supplier<T> element) {
      var list = new ArrayList<T>();
      for (int i = random.nextInt(4); i > 0; i--) {
        list.add(element.get());
      }
      return list;
    }

    private long upTo(long min, long max) {
      return max == Long.MAX_VALUE
          ? min + (random.nextLong() >>> 1) % (max - min)
          : random.nextLong(min, max + 1);
    }
  }
}
