package dev.muster.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobSpecReaderTest {
  @TempDir Path folder;

  @Test
  void givenNothing_whenRead_thenDefaults() throws Exception {
    var settings = JobSpecReader.read(List.of(), Map.of());
    assertThat(settings.job())
        .isEqualTo(
            new JobSpec(
                "job",
                1,
                300,
                4,
                4,
                0,
                true,
                3,
                1000,
                600_000_000_000L,
                5_000_000_000L,
                120_000_000_000L,
                5_000_000_000L,
                new JobSpec.Hang(3, 2_000_000_000L),
                List.of(),
                new JobSpec.Checkpoint(
                    JobSpec.Checkpoint.AUTO,
                    2,
                    JobSpec.Checkpoint.AUTO,
                    JobSpec.Checkpoint.AUTO,
                    3,
                    0,
                    ""),
                new JobSpec.WorkerSpec(true, List.of(), Map.of(), Map.of(), 256L << 20)));
    assertThat(settings.master())
        .isEqualTo(new MasterSettings("127.0.0.1:0", 15_000_000_000L, 500_000_000L));
    assertThat(settings.agents()).isEqualTo(1);
  }

  @Test
  void givenExampleFile_whenRead_thenItHasEveryKeyWithItsDefault() throws Exception {
    var example = Path.of("..", "application.conf");
    assertThat(JobSpecReader.read(List.of(example), Map.of()))
        .isEqualTo(JobSpecReader.read(List.of(), Map.of()));
    assertThat(ConfigFiles.paths(example)).containsExactlyElementsOf(ConfigFiles.known());
  }

  @Test
  void givenReference_whenListed_thenEveryKnownKeyIsThereWithAComment() {
    assertThat(ConfigFiles.paths(Sources.reference()))
        .containsExactlyElementsOf(ConfigFiles.known());
    assertThat(ConfigFiles.uncommented(Sources.reference())).isEmpty();
  }

  @Test
  void givenWorkersOnly_whenRead_thenMinWorkersFollows() throws Exception {
    assertThat(overridden("muster.job.workers", "7").job().minWorkers()).isEqualTo(7);
    assertThat(overridden("muster.job.min-workers", "2").job().minWorkers()).isEqualTo(2);
  }

  @Test
  void givenFilesAndOverrides_whenRead_thenTheStrongestWins() throws Exception {
    var weak = file("weak.conf", "muster.job { steps = 10, workers = 2, seed = 5 }");
    var strong = file("strong.conf", "muster.job { steps = 20, workers = 3 }");
    var job = JobSpecReader.read(List.of(weak, strong), Map.of("muster.job.steps", "30")).job();
    assertThat(List.of(job.steps(), (long) job.workers(), job.seed())).containsExactly(30L, 3L, 5L);
  }

  @Test
  void givenFreeMaps_whenRead_thenAnyKeyAndTheSpellingOfNumbersIsKept() throws Exception {
    var file =
        file(
            "job.conf",
            "muster.worker { settings { learning-rate = 1.50e-3, a.b = x, \"c.d\" = true },"
                + " environment { A_B = 1 } }");
    var override = Map.of("muster.worker.settings.model", "gpt{small}");
    var worker = JobSpecReader.read(List.of(file), override).job().worker();
    assertThat(worker.settings())
        .isEqualTo(
            Map.of("learning-rate", "1.50e-3", "a.b", "x", "c.d", "true", "model", "gpt{small}"));
    assertThat(worker.environment()).isEqualTo(Map.of("A_B", "1"));
  }

  @Test
  void givenListsOnTheCommandLine_whenRead_thenTaken() throws Exception {
    var overrides = new LinkedHashMap<String, String>();
    overrides.put("muster.worker.command", JobSpecReader.list(List.of("a b", "\"quoted\"", "")));
    overrides.put(
        "muster.job.faults", JobSpecReader.list(List.of("rank=2@step=50", "rank=0@step=7")));
    var job = JobSpecReader.read(List.of(), overrides).job();
    assertThat(job.worker().command()).containsExactly("a b", "\"quoted\"", "");
    assertThat(job.faults()).containsExactly(new JobSpec.Fault(2, 50), new JobSpec.Fault(0, 7));
  }

  @Test
  void givenManyErrors_whenRead_thenAllAreToldWithPlaceValueAndWhatIsAccepted() throws Exception {
    var file =
        file(
            "job.conf",
            """
            muster {
              job {
                wrokers = 4
                steps = many
                grace = 15
                hang = 7
              }
              worker.managed = perhaps
              master.beat = 10s
            }
            mustr.job.steps = 1
            """);
    var message =
        errors(
            List.of(file), Map.of("job.seed", "5", "muster.job.faults", "[\"rank=9@step=999\"]"));
    assertThat(message)
        .contains("9 errors in the configuration")
        .contains(
            "job.conf:3: muster.job.wrokers = 4: unknown key; nearest known key:"
                + " muster.job.workers")
        .contains("job.conf:4: muster.job.steps = many: expected a whole number from 1")
        .contains(
            "job.conf:5: muster.job.grace = 15: expected a duration with its unit (ns, us, ms, s,"
                + " m, h, d)")
        .contains("job.conf:6: muster.job.hang = 7: expected a section")
        .contains("job.conf:8: muster.worker.managed = perhaps: expected true or false")
        .contains(
            "job.conf:9: muster.master.beat = 10s: expected at most a third of muster.master.lease"
                + " = 15s")
        .contains(
            "job.conf:11: mustr = {\"job\":{\"steps\":1}}: unknown section; nearest known: muster")
        .contains(
            "command line: muster.job.faults = [\"rank=9@step=999\"]: rank=9@step=999 expects a"
                + " rank below muster.job.workers = 4")
        .contains("command line: job.seed = 5: unknown key; nearest known key: muster.job.seed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "muster.job.steps              | 0          | a whole number from 1",
        "muster.job.steps              | 3.7        | a whole number",
        "muster.job.steps              | 1e999999999 | a whole number",
        "muster.job.steps              | 9223372036854775808 | a whole number",
        "muster.job.workers            | 16385      | from 1 to 16384",
        "muster.job.workers            | {}         | a whole number",
        "muster.job.min-workers        | 5          | at most muster.job.workers = 4",
        "muster.data.mode              | leased     | at least 1, because muster.data.mode ="
            + " leased",
        "muster.data.mode              | ranges     | step or leased",
        "muster.data.range-size        | 64         | 0, because muster.data.mode = step",
        "muster.job.max-restarts       | -1         | from 0",
        "muster.job.name               | ''         | a text of 1 to 64",
        "muster.job.hang.factor        | NaN        | a number from 1.0 to 1000.0",
        "muster.job.hang.factor        | 0.5        | a number from 1.0 to 1000.0",
        "muster.job.last-call          | 5 parsecs  | a duration",
        "muster.job.last-call          | -1s        | a duration",
        "muster.job.start-timeout      | 0s         | from 1ms to 30d",
        "muster.job.start-timeout      | 9999999999d | from 1ms to 30d",
        "muster.job.faults             | rank=1     | a list of faults",
        "muster.job.faults             | [\"rank=1\"] | a list of faults",
        "muster.job.faults             | [\"rank=4@step=1\"] | below muster.job.workers = 4",
        "muster.job.faults             | [\"rank=1@step=0\"] | a step from 1 to muster.job.steps ="
            + " 300",
        "muster.job.faults             | [\"rank=1@step=301\"] | a step from 1 to muster.job.steps"
            + " = 300",
        "muster.worker.managed         | false      | expected a program",
        "muster.worker.command         | python     | a list of texts",
        "muster.worker.settings        | {x : [1]}  | a section of texts and numbers",
        "muster.worker.environment     | A=1        | a section of texts",
        "muster.worker.shared-bytes-per-rank | 1k   | a size",
        "muster.worker.shared-bytes-per-rank | much | a size",
        "muster.master.listen          | localhost  | HOST:PORT",
        "muster.master.listen          | :80        | HOST:PORT",
        "muster.master.listen          | host:65536 | HOST:PORT",
        "muster.checkpoint.persist     | often      | expected auto, or a duration",
        "muster.checkpoint.copy        | -1ns       | expected auto, or a duration",
        "muster.master.lease           | 1ms        | a duration",
        "muster.agents.count           | 0          | from 1 to 1024",
        "muster.agents                 | 2          | a section",
        "muster.job.graec              | 5s         | nearest known key: muster.job.grace",
        "workers                       | 5          | nearest known key: muster.job.workers",
        "muster..job                   | 5          | cannot be read",
        "muster.job.steps              | [1         | a whole number",
        "muster.worker.command         | [1         | cannot be read",
      })
  void givenOneBadValue_whenRead_thenRefusedWithWhatIsAccepted(
      String key, String value, String accepted) {
    assertThat(errors(List.of(), Map.of(key, value)))
        .contains("1 error")
        .contains(key)
        .contains(accepted);
  }

  @Test
  void givenGoodSpellings_whenRead_thenAccepted() throws Exception {
    assertThat(overridden("muster.job.steps", "1e3").job().steps()).isEqualTo(1000);
    assertThat(overridden("muster.job.grace", "0.5 s").job().graceNs()).isEqualTo(500_000_000);
    assertThat(overridden("muster.master.listen", "[::1]:7000").master().listen())
        .isEqualTo("[::1]:7000");
    assertThat(
            overridden("muster.worker.shared-bytes-per-rank", "1048576")
                .job()
                .worker()
                .sharedBytesPerRank())
        .isEqualTo(1 << 20);
  }

  @Test
  void givenUnreadableFiles_whenRead_thenNamed() throws Exception {
    var broken = file("broken.conf", "muster {\n job = [\n}");
    var missing = folder.resolve("missing.conf");
    assertThat(errors(List.of(broken, missing), Map.of()))
        .contains("2 errors")
        .contains("broken.conf:3: cannot be read")
        .contains("missing.conf: cannot be read");
  }

  @Test
  void givenSubstitutions_whenRead_thenReplaced_andThoseToNothingNamed() throws Exception {
    var good = file("good.conf", "base { workers = 3 }\nmuster.job = ${base} { steps = 9 }");
    assertThat(JobSpecReader.read(List.of(good), Map.of()).job().workers()).isEqualTo(3);
    var bad = file("bad.conf", "\nmuster.job.steps = ${nothing}");
    assertThat(errors(List.of(bad), Map.of()))
        .contains("bad.conf:2: cannot be resolved")
        .contains("nothing");
  }

  private static Settings overridden(String key, String value) throws JobSpecException {
    return JobSpecReader.read(List.of(), Map.of(key, value));
  }

  private static String errors(List<Path> files, Map<String, String> overrides) {
    var thrown = catchThrowable(() -> JobSpecReader.read(files, overrides));
    assertThat(thrown).isInstanceOf(JobSpecException.class);
    assertThat(((JobSpecException) thrown).problems()).isNotEmpty();
    return thrown.getMessage().lines().collect(Collectors.joining("\n"));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
