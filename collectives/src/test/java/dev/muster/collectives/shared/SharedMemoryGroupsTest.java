package dev.muster.collectives.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.AgreementContract;
import dev.muster.collectives.CollectivesContract;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.GroupsContract;
import dev.muster.collectives.LaneContract;
import dev.muster.collectives.OperationsContract;
import dev.muster.collectives.RankThreads;
import dev.muster.collectives.RevokeContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class SharedMemoryGroupsTest {
  @Nested
  class Collectives extends CollectivesContract {
    @Override
    protected Groups groups() {
      return new SharedMemoryGroups();
    }
  }

  @Nested
  class Operations extends OperationsContract {
    @Override
    protected Groups groups() {
      return new SharedMemoryGroups();
    }
  }

  @Nested
  class Revoking extends RevokeContract {
    @Override
    protected Groups groups() {
      return new SharedMemoryGroups();
    }
  }

  @Nested
  class Lanes extends LaneContract {
    @Override
    protected Groups groups() {
      return new SharedMemoryGroups();
    }
  }

  @Nested
  class Agreement extends AgreementContract {
    @Override
    protected Groups groups() {
      return new SharedMemoryGroups();
    }
  }

  @Nested
  class SegmentsOnDisk extends GroupsContract {
    @Override
    protected Groups groups() {
      return new SharedMemoryGroups();
    }

    private List<String> names() throws IOException {
      try (var files = Files.list(directory)) {
        return files.map(f -> f.getFileName().toString()).sorted().toList();
      }
    }

    @Test
    void givenJoinedRanks_whenTheirProcessesDie_thenControlFileAndRecordersAreLeft()
        throws IOException {
      Groups.Spec spec = spec("dp", 7, 3);
      ranks.run(
          spec,
          communicator -> {
            communicator.barrier().await();
            assertThat(names())
                .containsExactly("dp-g7-r0.rec", "dp-g7-r1.rec", "dp-g7-r2.rec", "dp-g7.ctl");
            Path control = directory.resolve("dp-g7.ctl");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(control)))
                .isEqualTo("rw-------");
            return null;
          });
      groups.remove(spec);
      assertThat(names()).isEmpty();
    }

    @Test
    void givenARankThatJoins_whenLookedAt_thenItsMemoryIsPrivateAndGoesWithItsFailure()
        throws IOException {
      Groups.Spec spec = spec(2);
      CompletableFuture<Void> joining = ranks.start(spec, 1, communicator -> null);
      try (GroupMonitor monitor = groups.monitor(spec)) {
        RankThreads.await("rank 1 joining", () -> monitor.arrivals()[1] > 0);
        Path data = directory.resolve("dp-g1-r1.mem");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
            .isEqualTo("rw-------");
        monitor.revoke("enough seen");
      }
      assertThat(RankThreads.failure(joining)).isInstanceOf(GroupRevokedException.class);
      assertThat(names()).containsExactly("dp-g1-r1.rec", "dp-g1.ctl");
    }

    @Test
    void givenLeftoversOfDeadRuns_whenSwept_thenOnlyGroupFilesGo() throws IOException {
      for (String name :
          List.of(
              "dp-g1.ctl",
              "dp-g1-r0.mem",
              "tp.x-g12-r31.mem",
              "dp-g1-r0.rec",
              "agent.sock",
              "page")) {
        Files.createFile(directory.resolve(name));
      }
      assertThat(SharedMemoryGroups.sweep(directory)).isEqualTo(4);
      assertThat(names()).containsExactly("agent.sock", "page");
      assertThat(SharedMemoryGroups.sweep(directory.resolve("absent"))).isZero();
    }

    @Test
    void givenRanksThatBelieveInDifferentStarts_whenTheyJoin_thenAllFailAndOneSaysWhy() {
      Groups.Spec one = spec(2);
      Groups.Spec other = new Groups.Spec(directory, "dp", 1, 2, START_STEP + 1, BYTES_PER_RANK);
      var first = ranks.start(one, 0, communicator -> null);
      var second = ranks.start(other, 1, communicator -> null);
      assertThat(
              List.of(
                  RankThreads.failure(first).getMessage(),
                  RankThreads.failure(second).getMessage()))
          .allMatch(text -> text.contains("ranks joined different groups of one name"));
    }

    @Test
    void givenADirectoryThatDoesNotExist_whenMonitored_thenItIsMadeForTheOwnerAlone()
        throws IOException {
      Path made = directory.resolve("segments");
      var spec = new Groups.Spec(made, "dp", 1, 2, START_STEP, 0);
      groups.monitor(spec).close();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
          .isEqualTo("rwx------");
    }

    @Test
    void givenAGroupNameThatIsAPath_whenJoined_thenItIsRefused() {
      assertThatThrownBy(() -> groups.join(spec("../dp", 1, 2), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("group=../dp");
    }

    @Test
    void givenMoreMemoryThanTheFileSystemHas_whenAllocated_thenItSaysSoInsteadOfCrashing() {
      long bytes = 1L << 42;
      var spec = new Groups.Spec(directory, "dp", 1, 1, START_STEP, bytes);
      ranks.run(
          spec,
          communicator -> {
            assertThatThrownBy(() -> communicator.allocate(bytes))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no space for shared memory: directory=" + directory)
                .hasMessageContaining("neededBytes=" + bytes);
            return null;
          });
    }

    @Test
    void givenARankInsideACall_whenAnotherThreadClosesIt_thenThatIsRefused() {
      Groups.Spec spec = spec(2);
      CompletableFuture<Communicator> handle = new CompletableFuture<>();
      CompletableFuture<Void> over = new CompletableFuture<>();
      ranks.start(spec, 0, communicator -> over.join());
      var waiting =
          ranks.start(
              spec,
              1,
              communicator -> {
                handle.complete(communicator);
                communicator.barrier().await();
                return null;
              });
      try (GroupMonitor monitor = groups.monitor(spec)) {
        RankThreads.await("rank 1 waits", () -> monitor.arrivals()[1] > 2);
        assertThatThrownBy(() -> handle.join().close())
            .hasMessageContaining("in use by another thread");
        monitor.revoke("seen");
      }
      assertThat(RankThreads.failure(waiting)).isInstanceOf(GroupRevokedException.class);
      over.complete(null);
    }
  }
}
