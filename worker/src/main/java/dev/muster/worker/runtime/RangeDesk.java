package dev.muster.worker.runtime;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToMaster.DatasetVerb;
import dev.muster.worker.LentRange;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.RangeSource;
import dev.muster.worker.StaleLeaseException;
import dev.muster.worker.data.Positions;
import dev.muster.worker.data.Spans;
import dev.muster.worker.runtime.UsedRanges.Used;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where one rank gets ranges of datasets by name within one generation: asks the master, and keeps
 * what the step in flight uses. Step thread only.
 */
final class RangeDesk {
  private final WorkerId self;
  private final RoundTrip master;
  private final Map<String, NamedDataset> datasets = new TreeMap<>();
  private final Map<String, Boolean> opened = new TreeMap<>();
  private final List<Used> used = new ArrayList<>();
  private Positions positions = Positions.NONE;
  private long step; // 0: between two steps
  private int requests;

  RangeDesk(WorkerId self, RoundTrip master, List<NamedDataset> datasets) {
    this.self = self;
    this.master = master;
    datasets.forEach(dataset -> this.datasets.put(dataset.name(), dataset));
  }

  /**
   * @param done as of the step before
   */
  void begin(long number, Positions done) {
    step = number;
    positions = done;
    used.clear();
    if (master.communicator().rank() == 0) { // consumers outside wait for it
      datasets.values().forEach(this::open);
    }
  }

  /** What the step used; the trainer has computed it. */
  List<Used> end() {
    step = 0;
    return used();
  }

  List<Used> used() {
    return List.copyOf(used);
  }

  /**
   * @throws IllegalArgumentException the trainer has not named it
   */
  RangeSource source(String name) {
    var dataset = datasets.get(name);
    if (dataset == null) {
      throw new IllegalArgumentException(
          "no such dataset: dataset=%s known=%s; Trainer.datasets names them"
              .formatted(name, datasets.keySet()));
    }
    return new Source(dataset);
  }

  private void open(NamedDataset dataset) {
    if (opened.putIfAbsent(dataset.name(), true) == null) {
      String text = dataset.definition() + '\n' + positions.only(dataset.name()).text();
      var reply = ask(dataset, DatasetVerb.OPEN, "", 0, 0, text);
      require(reply);
    }
  }

  private ToWorker.DatasetReply ask(
      NamedDataset dataset, DatasetVerb verb, String partition, long from, long to, String text) {
    if (step == 0) {
      throw new IllegalStateException(
          "ranges are taken in Trainer.compute only: dataset=" + dataset.name());
    }
    long generation = master.communicator().generation();
    int request = requests++;
    var question =
        new FromWorker.DatasetRequest(
            generation, step, request, dataset.name(), verb.word(), partition, from, to, text);
    return master.ask(question, (mailbox, ms) -> mailbox.reply(generation, request, ms));
  }

  private static void require(ToWorker.DatasetReply reply) {
    if (!reply.problem().isEmpty()) {
      throw new IllegalStateException(reply.problem());
    }
  }

  private final class Source implements RangeSource {
    private final NamedDataset dataset;

    Source(NamedDataset dataset) {
      this.dataset = dataset;
    }

    private ToWorker.DatasetReply say(
        DatasetVerb verb, String partition, long from, long to, String text) {
      open(dataset);
      return ask(dataset, verb, partition, from, to, text);
    }

    @Override
    public void offer(String partition, long end) {
      RangeSource.requireName(partition);
      require(say(DatasetVerb.OFFER, partition, 0, end, ""));
    }

    @Override
    public Optional<LentRange> next(long atMost) {
      if (atMost < 1) {
        throw new IllegalArgumentException("no room for a range: atMost=" + atMost);
      }
      var reply = say(DatasetVerb.TAKE, "", 0, atMost, "");
      require(reply);
      if (reply.from() == reply.to()) {
        return Optional.empty();
      }
      used.add(use(reply.partition(), reply.from(), reply.to()));
      return Optional.of(
          new LentRange(
              dataset, reply.generation(), self, reply.partition(), reply.from(), reply.to()));
    }

    /** As it is entered in the positions. */
    private Used use(String partition, long from, long to) {
      var span = new Spans.Span(dataset.doneAt(partition, from), dataset.doneAt(partition, to));
      return new Used(dataset.name(), dataset.doneIn(partition), span);
    }

    @Override
    public void giveBack(LentRange range) {
      var part = use(range.partition(), range.from(), range.to());
      var whole =
          used.stream()
              .filter(u -> holds(u, part))
              .findFirst()
              .orElseThrow(
                  () -> new IllegalArgumentException("not used in this step: range=" + range));
      require(say(DatasetVerb.GIVE_BACK, range.partition(), range.from(), range.to(), ""));
      used.remove(whole);
      keep(whole, whole.span().from(), part.span().from());
      keep(whole, part.span().to(), whole.span().to());
    }

    private void keep(Used whole, long from, long to) {
      if (from < to) {
        used.add(new Used(whole.dataset(), whole.partition(), new Spans.Span(from, to)));
      }
    }

    private static boolean holds(Used whole, Used part) {
      return whole.dataset().equals(part.dataset())
          && whole.partition().equals(part.partition())
          && whole.span().from() <= part.span().from()
          && part.span().to() <= whole.span().to();
    }

    @Override
    public void claim(LentRange range) {
      long generation = master.communicator().generation();
      if (range.generation() != generation) {
        throw new StaleLeaseException(
            "stale lease: range=%s was lent within generation=%d, now generation=%d; throw its data away, it is lent again"
                .formatted(range, range.generation(), generation));
      }
      var reply =
          say(
              DatasetVerb.CLAIM,
              range.partition(),
              range.from(),
              range.to(),
              range.holder().toString());
      if (!reply.problem().isEmpty()) {
        throw new StaleLeaseException(
            "stale lease: range=%s: %s; throw its data away, it is lent again"
                .formatted(range, reply.problem()));
      }
      used.add(use(range.partition(), range.from(), range.to()));
    }
  }
}
