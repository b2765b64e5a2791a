package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.data.SampleLog;
import dev.muster.worker.data.Sampler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Step 2 of 20 samples, alone in generation 1; answers come while the request is sent. */
class LeasedRangesTest {
  private static final Sampler SAMPLER = new Sampler(5, 103, 20);

  @TempDir Path folder;
  private final Queue<Function<FromWorker.TakeRange, ToWorker>> answers = new ArrayDeque<>();
  private final List<FromWorker.TakeRange> asked = new ArrayList<>();
  private final Mailbox mailbox = new Mailbox();
  private final Agent agent = new Agent(this::sent, ControlPage.inMemory(), mailbox);
  private Communicator communicator;
  private SampleLog log;
  private LeasedRanges ranges;

  @BeforeEach
  void join() {
    communicator = new LocalGroups().join(new Groups.Spec(folder, "dp", 1, 1, 0, 1 << 16), 0);
    log = SampleLog.open(folder.resolve("log"));
    ranges = ranges(new Lender.Master(new RoundTrip(agent, communicator), SAMPLER));
  }

  private LeasedRanges ranges(Lender lender) {
    return new LeasedRanges(lender, communicator, SAMPLER, log, 2);
  }

  @AfterEach
  void leave() {
    log.close();
    communicator.close();
    agent.page().close();
  }

  private void sent(FromWorker message) {
    var take = (FromWorker.TakeRange) message;
    asked.add(take);
    var answer = answers.remove().apply(take);
    if (answer != null) {
      mailbox.put(answer);
    }
  }

  private void lends(long from, int count) {
    answers.add(take -> range(take, from, count, ""));
  }

  private static ToWorker range(FromWorker.TakeRange take, long from, int count, String problem) {
    return new ToWorker.Range(
        take.generation(), take.step(), take.request(), 0, from, count, problem);
  }

  @Test
  void givenRanges_whenRead_thenTheyAreThePositionsLent_andTheLogSaysSo() throws Exception {
    lends(28, 8);
    lends(36, 4);
    lends(40, 0);
    assertThat(ranges.next()).isEqualTo(SAMPLER.indices(0, 28, 8));
    assertThat(ranges.next()).isEqualTo(SAMPLER.indices(0, 36, 4));
    assertThat(ranges.next()).isEmpty();
    assertThat(ranges.next()).as("without asking again").isEmpty();
    ranges.close();
    assertThat(asked).extracting(FromWorker.TakeRange::request).containsExactly(0, 1, 2);
    assertThat(asked.getFirst()).isEqualTo(new FromWorker.TakeRange(1, 2, 0, 103, 20));
    assertThat(Files.readAllLines(folder.resolve("log")))
        .hasSize(2)
        .allMatch(line -> line.startsWith("D 1 2 0 "));
  }

  @Test
  void givenRanksThatShareMemory_whenRead_thenNobodyIsAsked_andTheStepIsWhole() throws Exception {
    var lender = Lender.of(agent, new PhasedCommunicator(communicator, agent.page()), SAMPLER, 8);
    ranges = ranges(lender);
    assertThat(ranges.next()).isEqualTo(SAMPLER.indices(0, 20, 8));
    assertThat(lender.take(2, 0)).as("another rank").isEqualTo(new Lender.Range(0, 28, 8));
    assertThat(ranges.next()).as("the rest").isEqualTo(SAMPLER.indices(0, 36, 4));
    assertThat(ranges.next()).isEmpty();
    ranges.close();
    assertThat(lender.take(3, 0)).isEqualTo(new Lender.Range(0, 40, 8));
    assertThat(asked).isEmpty();
    assertThat(Files.readAllLines(folder.resolve("log"))).hasSize(2);
  }

  @Test
  void givenARangeSizeThatOnlyTheMasterKnows_whenRead_thenItIsAsked() {
    lends(20, 4);
    ranges = ranges(Lender.of(agent, communicator, SAMPLER, 0));
    assertThat(ranges.next()).isEqualTo(SAMPLER.indices(0, 20, 4));
  }

  @Test
  void givenRanksThatNameDifferentData_whenTheyBegin_thenBothAreTold() throws Exception {
    var groups = new LocalGroups();
    var spec = new Groups.Spec(folder, "two", 1, 2, 0, 1 << 16);
    try (var pool = Executors.newFixedThreadPool(2)) {
      var told =
          IntStream.range(0, 2)
              .mapToObj(rank ->
                  pool.submit(() -> {
                    try (var ranks = groups.join(spec, rank)) {
                      return Lender.of(agent, ranks, new Sampler(5, 103 + rank, 20), 8);
                    }
                  }))
              .toList();
      for (var one : told) {
        assertThatThrownBy(one::get)
            .hasMessageContaining("workers name different data sets: samples=103 to 104");
      }
    }
  }

  @Test
  void givenAStepWithNoneLeft_whenRead_thenTheLogShowsAnEmptyShare() throws Exception {
    lends(40, 0);
    assertThat(ranges.next()).isEmpty();
    ranges.close();
    assertThat(Files.readAllLines(folder.resolve("log"))).containsExactly("D 1 2 0 ");
  }

  @Test
  void givenAnAnswerThatIsLost_whenWaiting_thenTheSameIsAskedAgain() {
    answers.add(take -> null);
    lends(20, 8);
    assertThat(ranges.next()).hasSize(8);
    assertThat(asked).hasSize(2);
    assertThat(asked.get(1)).isEqualTo(asked.get(0));
  }

  @Test
  void givenATrainerThatReadsNothing_whenComputed_thenItIsTold() {
    assertThatThrownBy(ranges::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("call Step.next() until that is empty");
  }

  @Test
  void givenARevoke_whenWaiting_thenTheGroupIsOver() {
    answers.add(take -> new ToWorker.Revoke(1, "a member died"));
    assertThatThrownBy(ranges::next).isInstanceOf(GroupRevokedException.class);
  }

  @Test
  void givenAStop_whenWaiting_thenTheGroupIsEndedForAll() {
    answers.add(take -> new ToWorker.Stop("done"));
    assertThatThrownBy(ranges::next).isInstanceOf(GroupRevokedException.class);
    assertThatThrownBy(() -> communicator.agree(1)).isInstanceOf(GroupRevokedException.class);
  }

  @Test
  void givenARangeOfAnotherStep_orNone_whenLent_thenNothingIsDelivered() {
    lends(36, 8);
    assertThatThrownBy(ranges::next).hasMessageContaining("range of another step");
    answers.add(take -> range(take, 0, 0, "workers name different data sets"));
    assertThatThrownBy(ranges::next).hasMessage("workers name different data sets");
  }
}
