package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.LentRange;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.RangeSource;
import dev.muster.worker.StaleLeaseException;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import dev.muster.worker.data.SampleLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alone in generation 1; answers come while the request is sent. */
class DatasetTrainerTest {
  private static final NamedDataset STREAM = NamedDataset.stream("x", 10);
  private static final WorkerId SELF = WorkerId.parse("n0/0");

  @TempDir Path folder;
  private final Queue<Function<FromWorker.DatasetRequest, ToWorker>> answers = new ArrayDeque<>();
  private final List<FromWorker.DatasetRequest> asked = new ArrayList<>();
  private final Mailbox mailbox = new Mailbox();
  private final Agent agent = new Agent(this::sent, ControlPage.inMemory(), mailbox);
  private Communicator communicator;
  private SampleLog log;
  private Consumer<RangeSource> inCompute = ranges -> {};
  private Trainer trainer;

  @BeforeEach
  void join() {
    communicator = new LocalGroups().join(new Groups.Spec(folder, "dp", 1, 1, 0, 1 << 16), 0);
    log = SampleLog.open(folder.resolve("log"));
    trainer = DatasetTrainer.of(new Reading(), SELF, agent, log);
    trainer.joined(communicator);
  }

  @AfterEach
  void leave() {
    trainer.close();
    log.close();
    communicator.close();
    agent.page().close();
  }

  private final class Reading implements Trainer {
    @Override
    public List<NamedTensor> state() {
      return List.of();
    }

    @Override
    public Dataset dataset() {
      return new Dataset(1, 1, 1, "none");
    }

    @Override
    public List<NamedDataset> datasets() {
      return List.of(STREAM);
    }

    @Override
    public void joined(Communicator group) {}

    @Override
    public double compute(Step step) {
      inCompute.accept(step.ranges("x"));
      return 1;
    }

    @Override
    public void apply(Step step) {}
  }

  private void sent(FromWorker message) {
    var request = (FromWorker.DatasetRequest) message;
    asked.add(request);
    var answer =
        request.verb().equals("open") ? reply(request, 0, 0, "") : answers.remove().apply(request);
    if (answer != null) {
      mailbox.put(answer);
    }
  }

  private static ToWorker reply(
      FromWorker.DatasetRequest request, long from, long to, String problem) {
    return new ToWorker.DatasetReply(
        request.generation(), request.request(), "p", from, to, STREAM.definition(), problem);
  }

  private void lends(long from, long to) {
    answers.add(request -> reply(request, from, to, ""));
  }

  private void computes(long number) {
    trainer.compute(step(number));
  }

  private Step step(long number) {
    return new Step(number, 0, new long[0], 1, 5, communicator);
  }

  private String positions() {
    return trainer.state().getFirst().memory().getString(0);
  }

  @Test
  void givenRangesThatAreTaken_whenTheStepIsApplied_notBefore_thenTheyAreDoneInTheState()
      throws Exception {
    inCompute =
        ranges -> {
          ranges.next();
          var second = ranges.next().orElseThrow();
          ranges.giveBack(second.part(13, 15));
        };
    lends(0, 10);
    lends(10, 20);
    lends(0, 0);
    computes(1);
    assertThat(positions()).isEmpty();
    trainer.apply(step(1));
    assertThat(positions()).isEqualTo("x p 0-13,15-20\n");
    assertThat(asked)
        .extracting(FromWorker.DatasetRequest::verb)
        .containsExactly("open", "take", "take", "giveBack");
    assertThat(asked).extracting(FromWorker.DatasetRequest::request).containsExactly(0, 1, 2, 3);
    assertThat(Files.readAllLines(folder.resolve("log")))
        .containsExactlyInAnyOrder("R 1 1 x p 0-10", "R 1 1 x p 10-13", "R 1 1 x p 15-20");
  }

  @Test
  void givenAStateThatIsRestored_whenTheGroupBegins_thenTheMasterIsToldWhatIsDone() {
    var memory = trainer.state().getFirst().memory();
    memory.setString(0, "x p 0-30\n");
    trainer.joined(communicator);
    computes(8);
    assertThat(asked.getFirst().text()).isEqualTo("stream x 10\nx p 0-30\n");
    assertThat(asked.getFirst().step()).isEqualTo(8);
    inCompute = RangeSource::next;
    lends(25, 35);
    assertThatThrownBy(() -> computes(8)).hasMessageContaining("used twice");
  }

  @Test
  void givenARangeOfAConsumer_whenClaimed_thenItIsUsed_andAStaleOneIsNot() {
    var reader = new WorkerId(SELF.node(), WorkerId.FIRST_CONSUMER);
    var good = LentRange.parse("1 " + reader + " p 0 5 stream x 10");
    var older = new LentRange(STREAM, 2, reader, "p", 5, 9);
    inCompute =
        ranges -> {
          ranges.claim(good);
          assertThatThrownBy(() -> ranges.claim(good))
              .isInstanceOf(StaleLeaseException.class)
              .hasMessageContaining("does not hold")
              .hasMessageContaining("throw its data away");
          assertThatThrownBy(() -> ranges.claim(older))
              .isInstanceOf(StaleLeaseException.class)
              .hasMessageContaining("generation=2, now generation=1");
        };
    lends(0, 0);
    answers.add(request -> reply(request, 0, 0, "consumer=a does not hold range=b"));
    computes(1);
    trainer.apply(step(1));
    assertThat(positions()).isEqualTo("x p 0-5\n");
    assertThat(asked.get(1).text()).isEqualTo(reader.toString());
  }

  @Test
  void givenARehearsal_whenComputed_thenNothingIsThere_andNobodyIsAsked() {
    inCompute = ranges -> assertThat(ranges.next()).isEmpty();
    computes(0);
    trainer.apply(step(0));
    assertThat(asked).isEmpty();
    assertThat(positions()).isEmpty();
  }

  @Test
  void givenARevoke_orAProblem_whenWaiting_thenTheStepIsOver() {
    inCompute = RangeSource::next;
    answers.add(request -> reply(request, 0, 0, "no such dataset"));
    assertThatThrownBy(() -> computes(1)).hasMessage("no such dataset");
    answers.add(request -> new ToWorker.Revoke(1, "a member died"));
    assertThatThrownBy(() -> computes(1)).isInstanceOf(GroupRevokedException.class);
  }

  @Test
  void givenRangesKeptFromAStep_whenUsedLater_thenThatIsAnError() {
    var kept = new ArrayList<RangeSource>();
    inCompute = kept::add;
    computes(1);
    assertThatThrownBy(() -> kept.getFirst().next())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("in Trainer.compute only");
  }

  @Test
  void givenATrainerWithoutDatasets_whenWrapped_thenItIsTheSame() {
    Trainer plain = new Plain();
    assertThat(DatasetTrainer.of(plain, SELF, agent, log)).isSameAs(plain);
  }

  private static final class Plain implements Trainer {
    @Override
    public List<NamedTensor> state() {
      return List.of();
    }

    @Override
    public Dataset dataset() {
      return new Dataset(1, 1, 1, "none");
    }

    @Override
    public void joined(Communicator group) {}

    @Override
    public double compute(Step step) {
      return 0;
    }

    @Override
    public void apply(Step step) {}
  }
}
