package dev.muster.master.job;

import dev.muster.master.data.Consumer;
import dev.muster.master.data.NamedRanges;
import dev.muster.master.data.NamedRanges.Lent;
import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.data.Positions;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Lends ranges of datasets that are known by name, to members of the newest group and to consumers
 * outside of it. What is done is in the state that the members train: the first of them to ask in a
 * generation tells it. So a new group, and a new master, begin with what the group's start step
 * says. Requests that get no answer are made again.
 *
 * <p>What a member takes is its own until the generation ends. A consumer holds a range while it
 * says something once per lease.
 */
final class Datasets {
  private static final Lent NOTHING = new Lent("-", 0, 0);

  private final JobState state;
  private final Map<String, NamedRanges> open = new TreeMap<>(); // of the newest generation
  private final Map<WorkerId, ToAgent.DatasetReply> answered = new TreeMap<>(); // likewise
  private final Map<WorkerId, Long> heardNs = new TreeMap<>(); // of consumers that live
  private final Map<String, Map<String, Long>> offered = new TreeMap<>(); // in order of arrival

  Datasets(JobState state) {
    this.state = state;
  }

  /** A group was formed: whatever was lent before is not any more. */
  void formed() {
    open.clear();
    answered.clear();
    heardNs.clear();
  }

  void asked(ToMaster.DatasetRequest ask, Effects<JobEvent> fx) {
    expire(fx);
    if (ask.verb() == ToMaster.DatasetVerb.LEAVE) {
      lost(ask.asker());
    } else if (ask.asker().consumer()) {
      consumer(ask, fx);
    } else if (current(ask.generation()) && state.group().contains(ask.asker())) {
      repeatOr(ask, fx, () -> wellFormed(ask, () -> member(ask)));
    } else {
      fx.note("range.refused", "refused: a dataset for a group that is over: " + ask);
    }
  }

  private boolean current(Generation generation) {
    return state.grouped() && generation.equals(state.group().generation());
  }

  private void consumer(ToMaster.DatasetRequest ask, Effects<JobEvent> fx) {
    boolean known = heardNs.put(ask.asker(), fx.nowNs()) != null;
    repeatOr(ask, fx, () -> wellFormed(ask, () -> Optional.of(forConsumer(ask, known))));
  }

  private interface Answer {
    /** Empty: it asks too late. */
    Optional<ToAgent.DatasetReply> get();
  }

  private void repeatOr(ToMaster.DatasetRequest ask, Effects<JobEvent> fx, Answer answer) {
    var before = answered.get(ask.asker());
    boolean again = before != null && before.request() == ask.request();
    boolean late = before != null && before.request() > ask.request();
    var reply =
        again ? Optional.of(before) : late ? Optional.<ToAgent.DatasetReply>empty() : answer.get();
    if (reply.isEmpty()) {
      fx.note("range.refused", "refused: a range out of turn: " + ask);
      return;
    }
    answered.put(ask.asker(), reply.get());
    state.order(fx, ask.asker().node(), reply.get());
  }

  /** Workers need not be ours: nothing they write may end the master. */
  private Optional<ToAgent.DatasetReply> wellFormed(ToMaster.DatasetRequest ask, Answer answer) {
    try {
      return answer.get();
    } catch (IllegalArgumentException e) {
      return Optional.of(refused(ask, "malformed request: " + ask + ": " + e.getMessage()));
    }
  }

  private Optional<ToAgent.DatasetReply> member(ToMaster.DatasetRequest ask) {
    if (ask.verb() == ToMaster.DatasetVerb.OPEN) {
      return Optional.of(opened(ask));
    }
    var ranges = open.get(ask.dataset());
    if (ranges == null) {
      return Optional.of(refused(ask, unknown(ask)));
    }
    return ranges.computes(ask.step()) ? Optional.of(inStep(ask, ranges)) : Optional.empty();
  }

  private ToAgent.DatasetReply opened(ToMaster.DatasetRequest ask) {
    var lines = ask.text().lines().toList();
    if (lines.isEmpty()) {
      throw new IllegalArgumentException("no definition");
    }
    var dataset = NamedDataset.parse(lines.getFirst());
    var ranges = open.get(dataset.name());
    if (ranges == null) {
      open.put(dataset.name(), begin(dataset, ask, lines.subList(1, lines.size())));
    } else if (!ranges.dataset().equals(dataset)) {
      return refused(
          ask,
          "workers name different datasets: expected=%s actual=%s; every worker must build the same trainer"
              .formatted(ranges.dataset().definition(), dataset.definition()));
    }
    return reply(ask, NOTHING);
  }

  private NamedRanges begin(
      NamedDataset dataset, ToMaster.DatasetRequest ask, List<String> positions) {
    var done = Positions.parse(String.join("\n", positions)).of(dataset.name());
    var ranges = new NamedRanges(dataset, ask.generation(), ask.step() - 1, done);
    if (dataset.stream()) {
      offered.getOrDefault(dataset.name(), Map.of()).forEach(ranges::offer);
    }
    return ranges;
  }

  private ToAgent.DatasetReply inStep(ToMaster.DatasetRequest ask, NamedRanges ranges) {
    var member = Consumer.of(ask.asker());
    return switch (ask.verb()) {
      case OFFER -> offer(ask);
      case TAKE -> reply(ask, ranges.takeToUse(member, ask.step(), ask.to()).orElse(NOTHING));
      case GIVE_BACK -> judged(ask, ranges.unused(ask.step(), range(ask)));
      case CLAIM ->
          judged(
              ask, ranges.claim(Consumer.of(WorkerId.parse(ask.text())), ask.step(), range(ask)));
      case OPEN, RENEW, LEAVE -> refused(ask, "members do not ask for " + ask.verb());
    };
  }

  /** Offers are facts about the world: they outlive a generation. */
  private ToAgent.DatasetReply offer(ToMaster.DatasetRequest ask) {
    var ranges = open.get(ask.dataset());
    String problem = ranges == null ? "" : ranges.offer(ask.partition(), ask.to());
    if (problem.isEmpty()) {
      offered
          .computeIfAbsent(ask.dataset(), name -> new LinkedHashMap<>())
          .merge(ask.partition(), ask.to(), Math::max);
    }
    return judged(ask, problem);
  }

  private ToAgent.DatasetReply forConsumer(ToMaster.DatasetRequest ask, boolean known) {
    if (ask.verb() == ToMaster.DatasetVerb.OFFER) {
      return offer(ask);
    }
    boolean speaksOfOne = !ask.generation().equals(Generation.NONE);
    if (speaksOfOne && (!known || !current(ask.generation()))) {
      return refused(ask, stale(ask));
    }
    var ranges = open.get(ask.dataset());
    if (!state.grouped() || ranges == null) {
      return state.grouped() && !open.isEmpty()
          ? refused(ask, unknown(ask))
          : reply(ask, NOTHING); // a group gathers
    }
    return switch (ask.verb()) {
      case TAKE ->
          reply(ask, ranges.takeToHold(Consumer.of(ask.asker()), ask.to()).orElse(NOTHING));
      case GIVE_BACK -> judged(ask, ranges.giveBack(Consumer.of(ask.asker()), range(ask)));
      case RENEW -> judged(ask, ranges.held(Consumer.of(ask.asker()), range(ask)));
      case OPEN, CLAIM, OFFER, LEAVE -> refused(ask, "consumers do not ask for " + ask.verb());
    };
  }

  private String stale(ToMaster.DatasetRequest ask) {
    return "stale lease: consumer=%s generation=%s, now generation=%s, leaseMs=%d; what it held is lent to others, take again"
        .formatted(
            ask.asker(),
            ask.generation(),
            state.group().generation(),
            state.config.leaseNs() / 1_000_000);
  }

  private String unknown(ToMaster.DatasetRequest ask) {
    return "no such dataset: dataset=%s known=%s; Trainer.datasets names them"
        .formatted(ask.dataset(), open.keySet());
  }

  private static Lent range(ToMaster.DatasetRequest ask) {
    return new Lent(ask.partition(), ask.from(), ask.to());
  }

  private ToAgent.DatasetReply judged(ToMaster.DatasetRequest ask, String problem) {
    return problem.isEmpty() ? reply(ask, NOTHING) : refused(ask, problem);
  }

  private ToAgent.DatasetReply refused(ToMaster.DatasetRequest ask, String problem) {
    return reply(ask, NOTHING, problem);
  }

  private ToAgent.DatasetReply reply(ToMaster.DatasetRequest ask, Lent lent) {
    return reply(ask, lent, "");
  }

  private ToAgent.DatasetReply reply(ToMaster.DatasetRequest ask, Lent lent, String problem) {
    var ranges = open.get(ask.dataset());
    return new ToAgent.DatasetReply(
        ask.asker(),
        state.grouped() ? state.group().generation() : Generation.NONE,
        ask.request(),
        lent.partition(),
        lent.from(),
        lent.to(),
        ranges == null ? "" : ranges.dataset().definition(),
        problem);
  }

  /** Looked for whenever somebody asks: before that nobody misses what they hold. */
  private void expire(Effects<JobEvent> fx) {
    long deadNs = fx.nowNs() - state.config.leaseNs();
    var silent = heardNs.entrySet().stream().filter(heard -> heard.getValue() < deadNs);
    for (WorkerId consumer :
        silent.map(Map.Entry::getKey).sorted(Comparator.naturalOrder()).toList()) {
      lost(consumer);
      fx.note(
          "consumer.expired",
          "consumer %s said nothing for %d ms: what it held is lent to others"
              .formatted(consumer, state.config.leaseNs() / 1_000_000));
    }
  }

  private void lost(WorkerId consumer) {
    heardNs.remove(consumer);
    answered.remove(consumer);
    open.values().forEach(ranges -> ranges.lost(Consumer.of(consumer)));
  }
}
