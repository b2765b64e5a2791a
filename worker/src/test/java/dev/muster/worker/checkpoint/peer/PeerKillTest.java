package dev.muster.worker.checkpoint.peer;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.TransferException;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes push or receive and are killed with SIGKILL, wherever they are. */
@Timeout(600)
class PeerKillTest {
  private static final int KILLS = Integer.getInteger("muster.peer.kills", 4);
  private static final long SEED = Long.getLong("muster.peer.seed", 20_261_122);
  private static final String REPLAY =
      "replay: -Dmuster.peer.seed=" + SEED + " -Dmuster.peer.kills=" + KILLS;
  private static final long PUSH_NS_MAX = 150_000_000; // about what filling, saving, pushing take

  @TempDir private Path folder;
  private final BulkTransport transport =
      BulkTransport.tcp(PeerStoreContract.KEY, BulkLimits.DEFAULT);
  private final Random random = new Random(SEED);
  private final Arena arena = Arena.ofShared();
  private Host host;
  private long arrived; // the newest step of which the sender knows that it is there
  private int torn; // kills that left one copy of two

  @BeforeEach
  void open() throws IOException {
    host = new Host(folder, "test", transport);
  }

  @AfterEach
  void close() {
    host.close();
    transport.close();
    arena.close();
  }

  @Test
  void givenASenderKilledAtAnyInstant_whenLookedAt_thenTheNewestCopyThatItKnowsOfIsWhole()
      throws Exception {
    for (int kill = 0; goesOn(kill); kill++) {
      try (var sender = PeerProcess.pushing(folder, arrived, host.address())) {
        for (int i = random.nextInt(3); i >= 0; i--) {
          arrived = Long.parseLong(sender.line());
        }
        LockSupport.parkNanos(random.nextLong(PUSH_NS_MAX));
        sender.kill();
        for (String line = sender.line(); line != null; line = sender.line()) {
          arrived = Long.parseLong(line);
        }
      }
      check(host);
    }
    report("senders");
  }

  @Test
  void givenAReceiverKilledAtAnyInstant_whenItStartsAgain_thenTheNewestCopyIsWhole()
      throws Exception {
    var state = PeerProcess.state(arena);
    for (int kill = 0; goesOn(kill); kill++) {
      try (var receiver = PeerProcess.serving(folder)) {
        var address = receiver.address();
        int pushes = random.nextInt(3);
        long thenNs = random.nextLong(PUSH_NS_MAX);
        for (boolean alive = true; alive; pushes--) {
          host.save("a-0", at(arrived + 1, 1), state.fill(arrived + 1).tensors());
          if (pushes == 0) {
            killer(receiver, thenNs).start();
          }
          try {
            host.store.push("a-0", at(arrived + 1, 1), address);
            arrived++;
          } catch (TransferException lost) {
            alive = false;
          }
        }
      }
      try (var looking = new Host(folder, "b", transport)) {
        check(looking);
      }
    }
    report("receivers");
  }

  /** Until one of them hit a copy, within reason. */
  private boolean goesOn(int kills) {
    return kills < KILLS || torn == 0 && kills < 10 * KILLS;
  }

  private static Thread killer(PeerProcess process, long afterNs) {
    return Thread.ofPlatform()
        .unstarted(() -> {
          LockSupport.parkNanos(afterNs);
          try {
            process.kill();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** A push may be complete although its sender did not live to know. */
  private void check(Host receiver) throws IOException {
    var points = receiver.points("copy-a-0");
    if (points.isEmpty()) {
      assertThat(arrived).as(REPLAY).isZero();
      return;
    }
    assertThat(points.getLast().step()).as(REPLAY).isBetween(arrived, arrived + 1);
    for (SnapshotPoint point : points) {
      var actual = PeerProcess.state(arena);
      receiver.restore("copy-a-0", point, actual.tensors());
      var expected = PeerProcess.state(arena).fill(point.step());
      assertThat(actual.sameBytes(expected)).as(REPLAY + " %s", point).isTrue();
    }
    torn += points.size() == 1 && arrived > 1 ? 1 : 0;
    arrived = points.getLast().step();
  }

  private void report(String who) {
    System.out.printf("killed %s: torn=%d lastStep=%d%n", who, torn, arrived);
    assertThat(torn).as("kills in the middle of a copy, %s", REPLAY).isPositive();
  }
}
