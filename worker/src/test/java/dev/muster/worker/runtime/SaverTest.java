package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two ranks, each a thread, that save a shard each at every second of ten steps. */
@Timeout(60)
class SaverTest {
  private static final int WORLD = 2;
  private static final int EVERY = 2;
  private static final int STEPS = 10;
  private static final long STEP_NS = 100_000_000;

  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private final ExecutorService ranks = Executors.newFixedThreadPool(WORLD);
  private final List<Saver> savers = new ArrayList<>();
  private final List<Communicator> communicators = new ArrayList<>();
  private final List<List<NamedTensor>> states = new ArrayList<>();

  @BeforeEach
  void aShardedGroup() throws Exception {
    var groups = new LocalGroups();
    var spec = new Groups.Spec(folder, "dp", 1, WORLD, 0, 1 << 16);
    communicators.addAll(all(rank -> () -> groups.join(spec, rank)));
    for (int rank = 0; rank < WORLD; rank++) {
      long[][] box = {{rank, rank + 1}};
      var memory = arena.allocate(4, 64);
      states.add(List.of(new NamedTensor("m", DType.FLOAT32, new long[] {WORLD}, box, memory)));
      var saver = new Saver(welcome(), "n0/" + rank);
      saver.enter(form(rank), states.get(rank));
      savers.add(saver);
    }
  }

  @AfterEach
  void close() {
    savers.forEach(Saver::close);
    communicators.forEach(Communicator::close);
    ranks.shutdown();
    arena.close();
  }

  private ToWorker.Welcome welcome() {
    var folders = List.of(folder.resolve("shm").toString(), folder.resolve("disk").toString());
    return new ToWorker.Welcome(1, "r", "", "", "", 1, STEPS, 0, Map.of(), folders, "", null, null);
  }

  private static ToWorker.Form form(int rank) {
    return new ToWorker.Form(1, rank, WORLD, rank, 0, -1, List.of(), null, 0, EVERY, rank, WORLD);
  }

  private interface OfRank<T> {
    Callable<T> of(int rank);
  }

  private <T> List<T> all(OfRank<T> work) throws Exception {
    var futures = new ArrayList<Future<T>>();
    IntStream.range(0, WORLD).forEach(rank -> futures.add(ranks.submit(work.of(rank))));
    var results = new ArrayList<T>();
    for (var future : futures) {
      results.add(future.get());
    }
    return results;
  }

  /** What each rank has saved when the step after this one is agreed upon. */
  private List<OptionalLong> saved(long step) throws Exception {
    return all(rank ->
        () -> {
          savers.get(rank).begin(step, states.get(rank), communicators.get(rank));
          var told = savers.get(rank).fence(STEP_NS);
          told.ifPresent(saved -> {
            assertThat(saved.blockedNs()).isPositive();
            assertThat(saved.stepNs()).isEqualTo(STEP_NS);
          });
          return told.stream().mapToLong(FromWorker.Saved::step).findFirst();
        });
  }

  private SnapshotPlaces places() {
    return new SnapshotPlaces(folder.resolve("shm"), folder.resolve("disk"), note -> {});
  }

  private List<Long> steps(String name) {
    return SnapshotCensus.of(places()).complete().stream()
        .filter(found -> found.name().equals(name))
        .map(found -> found.point().step())
        .toList();
  }

  @Test
  void givenMultiplesAndTheLastStep_whenStepped_thenTheseAreSaved_theTwoNewestStay()
      throws Exception {
    assertThat(saved(1)).containsOnly(OptionalLong.empty());
    for (long step : new long[] {2, 4, 6}) {
      assertThat(saved(step)).containsOnly(OptionalLong.of(step));
    }
    assertThat(steps("n0-0")).containsExactly(4L, 6L);
    assertThat(saved(STEPS)).containsOnly(OptionalLong.of(STEPS));
  }

  @Test
  void givenAnotherInterval_whenBothRanksHaveHeardIt_thenTheyChangeTogether_notBefore()
      throws Exception {
    savers.get(0).ordered(4);
    assertThat(saved(2)).as("one has not heard").containsOnly(OptionalLong.of(2));
    savers.get(1).ordered(4);
    assertThat(saved(4)).containsOnly(OptionalLong.of(4));
    assertThat(saved(6)).as("both have").containsOnly(OptionalLong.empty());
    assertThat(saved(8)).containsOnly(OptionalLong.of(8));
  }

  @Test
  void givenNoRoomForSnapshots_whenSaved_thenToldAtTheFirstAndAtTheLastStep() throws Exception {
    saved(2);
    Files.delete(folder.resolve("shm/n0-1.snap"));
    savers.get(1).close();
    savers.set(1, new Saver(welcome(), "n0/1"));
    savers.get(1).enter(form(1), huge());
    assertThat(savers.get(1).takeProblem())
        .hasValueSatisfying(told -> {
          assertThat(told.step()).isZero();
          assertThat(told.problem()).contains("no space for two snapshots of a rank");
        });
    assertThat(saved(4)).containsOnly(OptionalLong.empty());
    assertThat(savers).allMatch(saver -> saver.takeProblem().isEmpty());
    assertThat(saved(STEPS)).containsOnly(OptionalLong.empty());
    assertThat(savers.get(0).takeProblem()).as("it could have saved").isEmpty();
    assertThat(savers.get(1).takeProblem())
        .hasValueSatisfying(told -> assertThat(told.step()).isEqualTo(STEPS));
  }

  /** Two of them are more than there is; not a byte of it is touched. */
  private static List<NamedTensor> huge() {
    long bytes = 1L << 40;
    var memory = MemorySegment.ofAddress(8).reinterpret(bytes);
    return List.of(NamedTensor.replicated("m", DType.UINT8, new long[] {bytes}, memory));
  }

  @Test
  void givenOneRanksFormerSnapshotIsRead_whenSaved_thenAllRanksGoOnSaving() throws Exception {
    saved(2);
    saved(4);
    try (var reader = SnapshotReader.open(places(), "n0-1").orElseThrow();
        var pinned = reader.ofStep(2).orElseThrow()) {
      assertThat(saved(6)).containsOnly(OptionalLong.of(6));
      assertThat(saved(8)).containsOnly(OptionalLong.of(8));
      assertThat(steps("n0-0")).containsExactly(6L, 8L);
      assertThat(steps("n0-1")).as("and the one that is read").containsExactly(2L, 6L, 8L);
      pinned.verify();
    }
  }

  @Test
  void givenOneRanksFormerSnapshotsAreBothRead_whenItIsTheTurnOfTheirPlaces_thenNoRankSaves()
      throws Exception {
    saved(2);
    saved(4);
    try (var reader = SnapshotReader.open(places(), "n0-1").orElseThrow();
        var first = reader.ofStep(2).orElseThrow();
        var second = reader.ofStep(4).orElseThrow()) {
      saved(6);
      assertThat(saved(8)).containsOnly(OptionalLong.empty());
      assertThat(steps("n0-0")).as("a step that both have").containsExactly(4L, 6L);
      assertThat(steps("n0-1")).containsExactly(2L, 4L, 6L);
      assertThat(first.step() + second.step()).isEqualTo(6);
    }
    assertThat(saved(10)).containsOnly(OptionalLong.of(10));
    assertThat(steps("n0-0")).containsExactly(6L, 10L);
    assertThat(steps("n0-1")).containsExactly(4L, 6L, 10L);
  }
}
