package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.local.LocalGroups;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Connection;
import dev.muster.worker.Muster;
import dev.muster.worker.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trainer whose boxes depend on its place in the group. */
class PlaceTest {
  private static final int WORLD = 4; // one more than there are rows

  @TempDir Path folder;
  private final List<String> told = new ArrayList<>();

  private record Worker(String name, List<String> told, CountDownLatch rehearsed, Thread thread) {
    List<String> after(String place) {
      return told.subList(told.lastIndexOf(place), told.size());
    }
  }

  @Test
  void givenRehearsedWorkersWithSlices_whenTheyTrain_thenEachIsPlacedFirstAndAllDigestsAreEqual()
      throws Exception {
    try (var agent = new FakeAgent(folder, 2, 11)) {
      var groups = new LocalGroups();
      var workers = IntStream.range(0, WORLD).mapToObj(r -> start(agent, groups, r)).toList();
      awaitAll(agent, FromWorker.Ready.class);
      for (Worker worker : workers) {
        assertThat(worker.rehearsed().await(60, TimeUnit.SECONDS)).isTrue();
      }
      for (int rank = 0; rank < WORLD; rank++) {
        agent.tell("n/" + rank, new ToWorker.Form(1, rank, WORLD, rank, 0, -1, List.of()));
      }
      List<FromWorker.Finished> finished = awaitAll(agent, FromWorker.Finished.class);
      assertThat(finished.stream().map(FromWorker.Finished::parametersDigest).distinct())
          .hasSize(1);
      for (int rank = 0; rank < WORLD; rank++) {
        Worker worker = workers.get(rank);
        agent.tell(worker.name(), new ToWorker.Stop("done"));
        worker.thread().join();
        String place = rank + " of " + WORLD;
        String zeros = rank < PlacedTrainer.MOMENTS ? "[0.0]" : "[]";
        assertThat(worker.after("place " + place))
            .containsExactly(
                "place " + place, "joined " + place + " " + zeros, "applied 1", "applied 2");
      }
    }
  }

  private Worker start(FakeAgent agent, LocalGroups groups, int rank) {
    String name = "n/" + rank;
    var calls = new CopyOnWriteArrayList<String>();
    var rehearsed = new CountDownLatch(1);
    Consumer<String> told =
        call -> {
          calls.add(call);
          if (call.equals("applied 0")) {
            rehearsed.countDown();
          }
        };
    var connection = new Connection(agent.socket(), name, "token");
    Runnable train = () -> Muster.train((_, _) -> new PlacedTrainer(told), connection, groups);
    return new Worker(name, calls, rehearsed, Thread.ofPlatform().daemon().start(train));
  }

  private static <M extends FromWorker> List<M> awaitAll(FakeAgent agent, Class<M> type)
      throws InterruptedException {
    var found = new ArrayList<M>();
    while (found.size() < WORLD) {
      FromWorker message = agent.next("found=" + found).message();
      assertThat(message).isNotInstanceOf(FromWorker.Failed.class);
      if (type.isInstance(message)) {
        found.add(type.cast(message));
      }
    }
    return found;
  }

  @Test
  void givenACommittedStep_whenPlacedWithOtherBoxes_thenTheWorkerHoldsNoState() throws Exception {
    try (var page = ControlPage.inMemory();
        var replica = replica(page)) {
      replica.place(1, 2);
      assertThat(replica.appliedStep()).isZero();
      replica.trainer().apply(step(1));
      replica.holds(1);
      replica.place(1, 2);
      assertThat(page.appliedStep()).isEqualTo(1);
      assertThat(((PlacedTrainer) replica.trainer()).moments()).containsExactly(3f);
      replica.place(2, 3); // the same row
      assertThat(page.appliedStep()).isEqualTo(1);
      assertThat(((PlacedTrainer) replica.trainer()).moments()).containsExactly(3f);
      replica.place(1, 3);
      assertThat(page.appliedStep()).isEqualTo(Replica.NO_STATE);
    }
  }

  @Test
  void givenAPlacedWorker_whenItStartsAgain_thenItsNewTrainerIsPlacedToo() throws Exception {
    try (var page = ControlPage.inMemory();
        var replica = replica(page)) {
      replica.place(3, 4);
      replica.holds(5);
      replica.rebuild();
      assertThat(told).containsExactly("place 3 of 4", "place 3 of 4"); // the old one, the new one
      assertThat(replica.trainer().state()).hasSize(1);
      assertThat(replica.appliedStep()).isZero();
    }
  }

  private Replica replica(ControlPage page) throws Exception {
    var welcome = new ToWorker.Welcome(1, "test", "page", "segments", "log", 11, 4, 0, Map.of());
    return Replica.build((_, _) -> new PlacedTrainer(told::add), welcome, page);
  }

  private static Step step(long number) {
    return new Step(number, 0, new long[0], 4, 11, null);
  }
}
