package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.DType;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checkpoint commands on real files: what they print, and their exit codes. */
class CheckpointsCommandTest {
  private static final int RANKS = 2;
  private static final long ROWS = 6;

  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private RunFolder run;
  private PosixStorage storage;

  @BeforeEach
  void twoCheckpointsAndALeftover() throws IOException {
    run = RunFolder.create(directory.resolve("r1"));
    Files.writeString(run.job(), "muster.job.workers = 2");
    storage = new PosixStorage(run.checkpoints());
    write(100);
    write(200);
    writeRank(300, 0);
  }

  private void write(long step) throws IOException {
    for (int rank = 0; rank < RANKS; rank++) {
      writeRank(step, rank);
    }
    new CheckpointWriter(storage).commitParts("job", "run-1", step, 1, RANKS);
  }

  /** Row i of the matrix is {@code step + i}, the scalar is the step. */
  private void writeRank(long step, int rank) throws IOException {
    long from = ROWS * rank / RANKS;
    long to = ROWS * (rank + 1) / RANKS;
    var memory = Arena.ofAuto().allocate(8 * (to - from), 8);
    for (long row = from; row < to; row++) {
      memory.setAtIndex(ValueLayout.JAVA_LONG, row - from, step + row);
    }
    var scalar = Arena.ofAuto().allocate(8, 8);
    scalar.set(ValueLayout.JAVA_LONG, 0, step);
    var tensors =
        List.of(
            new NamedTensor("w", DType.INT64, new long[] {ROWS}, new long[][] {{from, to}}, memory),
            NamedTensor.replicated("step", DType.INT64, new long[0], scalar));
    var writer = new CheckpointWriter(storage);
    writer.writePart(step, 1, RANKS, writer.writeShard(step, 1, rank, tensors));
  }

  private Path shard(long step, int rank) {
    return run.checkpoints().resolve("step-" + step).resolve(CheckpointStorage.shardFile(rank, 1));
  }

  private void invertLastByte(Path file) throws IOException {
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(bytes.length() - 1);
      int last = bytes.read();
      bytes.seek(bytes.length() - 1);
      bytes.write(~last);
    }
  }

  private int execute(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    var all = new ArrayList<>(List.of("checkpoints"));
    all.addAll(List.of(arguments));
    return MusterCommand.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private String run() {
    return run.root().toString();
  }

  @Test
  void givenCheckpointsAndALeftover_whenListed_thenEachHasItsLine() {
    assertThat(execute("list", run())).isZero();
    assertThat(out.toString().lines().map(String::strip).toList())
        .hasSize(5)
        .satisfiesExactly(
            line -> assertThat(line).matches("step +time +size +shards +state"),
            line -> assertThat(line).matches("100  20\\d\\d-.*Z +\\d+ B +2  complete"),
            line -> assertThat(line).matches("200  20\\d\\d-.*Z +\\d+ B +2  complete"),
            line -> assertThat(line).matches("300  20\\d\\d-.*Z +\\d+ B +-  leftover"),
            line -> assertThat(line).isEqualTo("2 checkpoints, 1 other in " + run.checkpoints()));
  }

  @Test
  void givenAFolderOfCheckpoints_whenListed_thenItNeedsNoRun() throws IOException {
    assertThat(execute("list", run.checkpoints().toString())).isZero();
    Files.writeString(run.checkpoints().resolve("step-100/manifest.json"), "{");
    assertThat(execute("list", run.checkpoints().toString())).isZero();
    assertThat(out.toString()).contains("-  damaged: not a manifest: file=", "1 checkpoint, 2 ");
  }

  @Test
  void givenAJobWithAFolderOfItsOwn_whenListed_thenThatOneIsMeant() throws IOException {
    Path elsewhere = directory.resolve("elsewhere");
    Files.move(run.checkpoints(), elsewhere);
    assertThat(execute("list", run())).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("no checkpoints: run=", "does not exist; a run writes");
    Files.writeString(run.job(), "muster.checkpoint.folder = \"" + elsewhere + "\"");
    assertThat(execute("list", run())).isZero();
    assertThat(out.toString()).contains("2 checkpoints, 1 other in " + elsewhere);
  }

  @Test
  void givenNothing_whenAsked_thenOneMessageSaysWhereItLooked() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    for (var command : List.of("list", "verify")) {
      assertThat(execute(command, directory.resolve("r2").toString())).isEqualTo(ExitCodes.FAILED);
      assertThat(err.toString()).contains("no such run: run=");
      assertThat(execute(command, empty.toString())).isEqualTo(ExitCodes.FAILED);
      assertThat(err.toString()).contains("no checkpoints: folder=" + empty + " has no step");
    }
  }

  @Test
  void givenWholeCheckpoints_whenVerified_thenExitCode0() {
    assertThat(execute("verify", run(), "--deep")).isZero();
    assertThat(out.toString())
        .isEqualTo("step 100: valid\nstep 200: valid\nstep 300: leftover, no checkpoint\n");
  }

  @Test
  void givenDamage_whenVerified_thenEachFileIsNamedAndExitCode1() throws IOException {
    invertLastByte(shard(100, 1));
    assertThat(execute("verify", run())).as("sizes alone").isZero();
    assertThat(execute("verify", run(), "--deep")).isEqualTo(ExitCodes.FAILED);
    assertThat(out.toString())
        .contains("step 100: damaged", "  kind=DAMAGED file=shard-1.g1.safetensors (bytes changed")
        .contains("step 200: valid");
    assertThat(execute("verify", run(), "--deep", "--step", "200")).isZero();
    Files.delete(shard(200, 0));
    Files.writeString(shard(200, 0).resolveSibling("notes.txt"), "mine");
    assertThat(execute("verify", run(), "--step", "200")).isEqualTo(ExitCodes.FAILED);
    assertThat(out.toString())
        .contains("  kind=MISSING file=shard-0.g1.safetensors (expectedBytes=")
        .contains("  kind=FOREIGN file=notes.txt (not in the manifest)");
  }

  @Test
  void givenAStepThatIsNone_whenAsked_thenTheOnesThatAreAreNamed() {
    assertThat(execute("verify", run(), "--step", "150")).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("no such checkpoint: step=150", "steps=[100, 200]");
    var to = directory.resolve("x").toString();
    assertThat(execute("export", run(), "--step", "300", "--to", to)).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("the checkpoint was never finished: step=300");
  }

  @Test
  void givenCheckpoints_whenExported_thenTheNewestIsOneFileOfWholeTensors() throws IOException {
    Path to = directory.resolve("model.safetensors");
    assertThat(execute("export", run(), "--to", to.toString())).isZero();
    assertThat(out.toString()).startsWith("step 200: 2 tensors, ").endsWith(" in " + to + "\n");
    assertThat(whole(to)).containsExactly(200, 200, 201, 202, 203, 204, 205);
    assertThat(execute("export", run(), "--step", "100", "--to", to.toString())).isZero();
    assertThat(whole(to)).startsWith(100, 100, 101);
  }

  /** The scalar and then the matrix, behind the header: order of type, then of name. */
  private static List<Integer> whole(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    var header = new String(bytes, StandardCharsets.UTF_8);
    assertThat(header).contains("\"w\":{\"dtype\":\"I64\",\"shape\":[6]");
    var data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    data.position((int) data.getLong() + 8);
    var values = new ArrayList<Integer>();
    while (data.hasRemaining()) {
      values.add((int) data.getLong());
    }
    return values;
  }

  @Test
  void givenADamagedNewest_whenExported_thenTheOneBeforeAndWhyIsTold() throws IOException {
    invertLastByte(shard(200, 0));
    Path to = directory.resolve("model.safetensors");
    assertThat(execute("export", run(), "--to", to.toString())).isZero();
    assertThat(err.toString())
        .startsWith("skipped step 200: kind=DAMAGED file=shard-0.g1.safetensors (bytes changed");
    assertThat(whole(to)).startsWith(100, 100, 101);
    assertThat(execute("export", run(), "--step", "200", "--to", to.toString()))
        .isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("the checkpoint is damaged: step=200 reason=kind=DAMAGED");
    invertLastByte(shard(100, 0));
    assertThat(execute("export", run(), "--to", to.toString())).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("no valid checkpoint: folder=");
    assertThat(whole(to)).as("the former file stays").startsWith(100, 100, 101);
  }

  @Test
  void givenATargetThatCannotBe_whenExported_thenNothingIsRead() {
    var to = directory.resolve("none/model.safetensors").toString();
    assertThat(execute("export", run(), "--to", to)).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("cannot write there: file=" + to);
    assertThat(execute("export", run())).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString()).contains("--to");
  }
}
