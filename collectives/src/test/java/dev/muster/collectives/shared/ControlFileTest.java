package dev.muster.collectives.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.DType;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The order of commit and revoke, step by step, and the byte layout that other languages rely on.
 */
class ControlFileTest {
  @TempDir Path directory;
  private final Arena arena = Arena.ofShared();
  private Groups.Spec spec;
  private ControlFile control;

  @BeforeEach
  void open() {
    spec = new Groups.Spec(directory, "dp", 1, 2, 100, 0);
    control = ControlFile.open(spec, arena);
  }

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void givenARankAboutToCommit_whenTheRevokeIsFaster_thenItsCommitFails() {
    long seen = control.decision();
    ControlFile agent = ControlFile.open(spec, arena);
    assertThat(agent.revoke("too late")).isEqualTo(100);
    assertThat(control.tryCommit(seen, 101)).isFalse();
    assertThat(agent.committedStep()).isEqualTo(100);
    assertThat(control.revoked()).isTrue();
  }

  @Test
  void givenACommit_whenRevokedAfterwards_thenTheRevokeReportsIt() {
    assertThat(control.tryCommit(control.decision(), 101)).isTrue();
    assertThat(control.revoke("over")).isEqualTo(101);
    assertThat(control.revoke("again")).isEqualTo(101);
    assertThat(control.committedStep()).isEqualTo(101);
  }

  @Test
  void givenTwoRanksThatSawAllArrive_whenBothCommit_thenTheSecondFindsItDone() {
    long seen = control.decision();
    assertThat(control.tryCommit(seen, 101)).isTrue();
    assertThat(control.tryCommit(seen, 101)).isFalse();
    assertThat(control.committedStep()).isEqualTo(101);
  }

  @Test
  void givenALongReason_whenRevoked_thenItIsCutOff() {
    control.revoke("r".repeat(5_000));
    assertThat(control.revokedException()).hasMessageEndingWith("reason=" + "r".repeat(1_024));
  }

  @Test
  void givenAFile_whenItsBytesAreRead_thenTheyLieWhereTheJavadocSays() throws IOException {
    control.arrive(0, 7);
    control.arrive(1, 9);
    control.claim(1);
    control.believe(1, 4_096);
    control.publish(
        1,
        5,
        new Operation.Broadcast(new Buffer(arena.allocate(24), DType.INT64), 1).call(),
        77,
        78);
    control.tryCommit(control.decision(), 103);
    control.revoke("why");
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(directory.resolve("dp-g1.ctl")))
            .order(ByteOrder.nativeOrder());
    assertThat(bytes.capacity()).isEqualTo(4_096 + 1_024 * 512);
    assertThat(bytes.getLong(0)).isEqualTo(3 << 1 | 1);
    assertThat(bytes.getLong(128)).isEqualTo(2);
    assertThat(bytes.getLong(136)).isEqualTo(3);
    assertThat(new String(bytes.array(), 144, 3, StandardCharsets.UTF_8)).isEqualTo("why");
    assertThat(bytes.getLong(4_096)).isEqualTo(7);
    int rank1 = 4_096 + 512;
    assertThat(bytes.getLong(rank1)).isEqualTo(9);
    assertThat(bytes.getLong(rank1 + 128)).isEqualTo(ProcessHandle.current().pid());
    assertThat(longs(bytes, rank1 + 136, 3)).containsExactly(2, 100, 4_096);
    assertThat(longs(bytes, rank1 + 384, 6)).containsExactly(5, 5 | 6 << 8, 3, 1, 77, 78);
  }

  private static long[] longs(ByteBuffer bytes, int at, int count) {
    long[] longs = new long[count];
    for (int i = 0; i < count; i++) {
      longs[i] = bytes.getLong(at + 8 * i);
    }
    return longs;
  }
}
