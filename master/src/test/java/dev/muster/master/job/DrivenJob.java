package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.virtual.VirtualEffects;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.protocol.run.Result;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A job core whose agents say what the test says, and nothing else but beats; time passes when the
 * test says so.
 */
final class DrivenJob {
  static final long SECOND = 1_000_000_000L;
  static final long LEASE_NS = 15 * SECOND;
  private static final long BEAT_NS = SECOND / 2;
  private static final int SLOTS = 4;

  private final VirtualEffects<JobEvent> time = new VirtualEffects<>();
  private final List<ToAgent.Form> forms = new ArrayList<>();
  private final List<WorkerId> killed = new ArrayList<>();
  private final Map<NodeId, Generation> revoked = new LinkedHashMap<>();
  private final List<ToAgent.Persist> persists = new ArrayList<>();
  private final List<ToAgent.SaveEvery> saveOrders = new ArrayList<>();
  private final Map<Long, ToAgent.Salvage> salvages = new LinkedHashMap<>();
  private final Map<Long, NodeId> salvagers = new LinkedHashMap<>();
  private Result result;
  private long salvageOrders;
  private final List<ToAgent.Copy> copies = new ArrayList<>();
  private final List<ToAgent.Lend> lent = new ArrayList<>();
  private final List<ToAgent.DatasetReply> replies = new ArrayList<>();
  private final List<JobAction.Answer> answers = new ArrayList<>();
  private final List<NodeId> shutDown = new ArrayList<>();
  private final List<ToAgent.Fetch> fetches = new ArrayList<>();
  private final List<WorkerId> launched = new ArrayList<>();
  private final List<NodeId> asked = new ArrayList<>();
  private final List<ToAgent.CommitCheckpoint> commits = new ArrayList<>();
  private final Set<NodeId> closed = new HashSet<>();
  private final Map<NodeId, Long> beating = new LinkedHashMap<>(); // with their incarnation
  private final List<JournalEntry> journal = new ArrayList<>();
  private final JobConfig config;
  private boolean apart;
  private Job core;
  private long beats;

  private final ForwardingEffects<JobEvent> fx =
      new ForwardingEffects<>() {
        @Override
        public void send(PeerId to, Message message) {
          if (message instanceof ToAgent.Form form && !forms.contains(form)) {
            forms.add(form);
          } else if (message instanceof ToAgent.Kill kill) {
            killed.add(kill.worker());
          } else if (message instanceof ToAgent.Persist persist) {
            persists.add(persist);
          } else if (message instanceof ToAgent.SaveEvery order) {
            saveOrders.add(order);
          } else if (message instanceof ToAgent.Salvage salvage) {
            salvageOrders++;
            salvages.put(salvage.order(), salvage);
            salvagers.put(salvage.order(), new NodeId(to.name().substring("agent:".length())));
          } else if (message instanceof ToAgent.Copy copy) {
            copies.add(copy);
          } else if (message instanceof ToAgent.Fetch fetch) {
            fetches.add(fetch);
          } else if (message instanceof ToAgent.CommitCheckpoint commit) {
            commits.add(commit);
          } else if (message instanceof ToAgent.Launch launch) {
            launched.add(launch.worker());
          } else if (message instanceof ToAgent.OpenStore open) {
            var node = new NodeId(to.name().substring("agent:".length()));
            var opened = new ToMaster.StoreOpened(node, open.generation(), "127.0.0.1:4711", "");
            timer("opened", 0, new JobEvent.FromAgent(node, opened));
          } else if (message instanceof ToAgent.ListCheckpoints) {
            asked.add(new NodeId(to.name().substring("agent:".length())));
          } else if (message instanceof ToAgent.DatasetReply reply) {
            replies.add(reply);
          } else if (message instanceof ToAgent.Lend lend) {
            lent.add(lend);
          } else if (message instanceof ToAgent.Shutdown) {
            shutDown.add(new NodeId(to.name().substring("agent:".length())));
          } else if (message instanceof ToAgent.Revoke revoke) {
            revoked.put(new NodeId(to.name().substring("agent:".length())), revoke.generation());
          }
        }

        @Override
        public void perform(Action action) {
          if (action instanceof JobAction.Answer answer) {
            answers.add(answer);
          } else if (action instanceof JobAction.Finish finish) {
            result = finish.result();
          }
        }

        @Override
        public void persist(Object entry, JobEvent done) {
          journal.add((JournalEntry) entry);
          if (done != null) {
            timer("durable", 0, done);
          }
        }
      };

  DrivenJob(int workers, int minWorkers, int nodes) {
    this(config(workers, minWorkers, nodes, JobSpec.Checkpoint.OFF));
  }

  DrivenJob(JobConfig config) {
    this.config = config;
    core = new Job(config);
    fx.over(time);
    happens(new JobEvent.Started(1, false, 0));
  }

  static JobConfig config(int workers, int minWorkers, int nodes, JobSpec.Checkpoint checkpoint) {
    return config(spec(workers, minWorkers, true).with(checkpoint), nodes);
  }

  /** Of a plain command. */
  static JobConfig plain(int workers, int nodes) {
    return config(spec(workers, workers, false), nodes);
  }

  private static JobConfig config(JobSpec spec, int nodes) {
    return JobConfig.of(new RunId("driven"), spec, nodes, LEASE_NS, BEAT_NS);
  }

  private static JobSpec spec(int workers, int minWorkers, boolean managed) {
    return new JobSpec(
        "driven",
        1,
        1_000,
        workers,
        minWorkers,
        0,
        true,
        3,
        100,
        60 * SECOND,
        SECOND,
        60 * SECOND,
        SECOND,
        new JobSpec.Hang(3, 2 * SECOND),
        List.of(),
        new JobSpec.WorkerSpec(managed, List.of("x"), Map.of(), Map.of(), 1 << 20));
  }

  /**
   * The master is killed, and another one goes on from the first so many entries of its journal.
   */
  void masterReplaced(int entries) {
    journal.subList(entries, journal.size()).clear();
    beating.clear();
    core = new Job(config);
    core.replay(journal);
    happens(new JobEvent.Started(2, true, 0));
  }

  int journaled() {
    return journal.size();
  }

  /** Whom agents were told to start. */
  List<WorkerId> launched() {
    return launched;
  }

  /** Who was asked what is on storage. */
  List<NodeId> asked() {
    return asked;
  }

  private void happens(JobEvent event) {
    core.on(event, fx);
    passNs(0);
  }

  private void passNs(long ns) {
    time.advance(ns, (event, _) -> core.on(event, fx));
  }

  /** Time in which every node that registered and did not fall silent beats. */
  void passes(long ns) {
    for (long leftNs = ns; leftNs > 0; leftNs -= BEAT_NS) {
      beating.keySet().forEach(node -> beats(node, Generation.NONE, -1));
      passNs(BEAT_NS);
    }
  }

  void beats(NodeId node, Generation generation, long step) {
    var digest =
        new ToMaster.NodeDigest(
            node, beating.get(node), ++beats, generation, step, step, Double.NaN, 0);
    says(node, new ToMaster.Beat(List.of(digest)));
  }

  void registers(NodeId node, long incarnation, ToMaster.WorkerReport... workers) {
    registers(node, incarnation, List.of(workers), List.of());
  }

  void registers(NodeId node, long incarnation, ToMaster.Snapshot... snapshots) {
    registers(node, incarnation, List.of(), List.of(snapshots));
  }

  void registers(NodeId node, long incarnation) {
    registers(node, incarnation, List.of(), List.of());
  }

  private void registers(
      NodeId node,
      long incarnation,
      List<ToMaster.WorkerReport> workers,
      List<ToMaster.Snapshot> snapshots) {
    beating.put(node, incarnation);
    var seen = Generation.NONE;
    says(
        node,
        new ToMaster.Register(
            node,
            incarnation,
            "host",
            SLOTS,
            seen,
            workers,
            snapshots,
            closed.contains(node) ? "" : bulk(node),
            List.of(),
            apart ? node.name() : ""));
  }

  /** Nodes that register from now on are machines of their own. */
  DrivenJob apart() {
    apart = true;
    return this;
  }

  /** Has no store: nobody fetches from it, and it fetches from nobody. */
  DrivenJob withoutStore(NodeId node) {
    closed.add(node);
    return this;
  }

  /** Where the store of a node's snapshots is reached. */
  static String bulk(NodeId node) {
    return "127.0.0.1:" + (4000 + node.name().charAt(0));
  }

  void fallsSilent(NodeId node) {
    beating.remove(node);
  }

  void says(NodeId node, ToMaster message) {
    happens(new JobEvent.FromAgent(node, message));
  }

  void ready(WorkerId worker) {
    says(worker.node(), new ToMaster.WorkerReady(worker, 1, "tokens"));
  }

  /** Every node of the newest group has made its first step, and then others until {@code step}. */
  void trains(long step) {
    var group = latestForm().group();
    for (var milestone : Milestone.values()) {
      for (var node : group.nodes()) {
        says(node, new ToMaster.Reached(node, group.generation(), milestone, 1));
      }
    }
    group.nodes().forEach(node -> beats(node, group.generation(), step));
  }

  ToAgent.Form latestForm() {
    return forms.getLast();
  }

  /** Whom an agent was told to kill, once for each order. */
  List<WorkerId> killed() {
    return killed;
  }

  /** Orders to bring a step to storage; one for each node. */
  List<ToAgent.SaveEvery> saveOrders() {
    return saveOrders;
  }

  List<ToAgent.Persist> persists() {
    return persists;
  }

  /** Who was told to write which shards of a state that is left, newest order last. */
  List<NodeId> salvagers() {
    return List.copyOf(salvagers.values());
  }

  /** With those that were sent again. */
  long salvageOrders() {
    return salvageOrders;
  }

  List<ToAgent.Salvage> salvages() {
    return List.copyOf(salvages.values());
  }

  /** The node has done its newest such order. */
  void salvaged(NodeId node, String problem) {
    long order =
        salvagers.entrySet().stream()
            .filter(e -> e.getValue().equals(node))
            .mapToLong(Map.Entry::getKey)
            .max()
            .orElseThrow();
    says(node, new ToMaster.Salvaged(node, order, problem));
  }

  /** Null before the end. */
  Result result() {
    return result;
  }

  /** An ended job goes on under another master. */
  void reopened() {
    beating.clear();
    result = null;
    core = new Job(config);
    core.replay(journal);
    assertThat(core.reopenable()).isTrue();
    happens(new JobEvent.Reopened(2, 0));
  }

  /** Orders to copy a step to peers; one for each node. */
  List<ToAgent.Copy> copies() {
    return copies;
  }

  List<ToAgent.Fetch> fetches() {
    return fetches;
  }

  List<ToAgent.CommitCheckpoint> commits() {
    return commits;
  }

  /** Ranges, in the order in which they were lent. */
  List<ToAgent.DatasetReply> replies() {
    return replies;
  }

  List<ToAgent.Lend> lent() {
    return lent;
  }

  /** What a node was told last to revoke; null: nothing. */
  Generation revoked(NodeId node) {
    return revoked.get(node);
  }

  /** How many groups have been formed. */
  int groups() {
    return forms.size();
  }

  /** Which nodes were told to end their workers and go. */
  List<NodeId> shutDown() {
    return shutDown;
  }

  void stopRequested() {
    happens(new JobEvent.StopRequested("stopped by a test"));
  }

  /** What an operator who asks for a checkpoint is told. */
  JobAction.Answer checkpointRequested() {
    happens(new JobEvent.CheckpointRequested(answers.size() + 1, "asked by a test"));
    return answers.getLast();
  }

  /** Entries of the journal whose decisions a fresh core does not repeat. */
  List<JournalEntry> differentInReplay() {
    return new Job(config).replay(journal);
  }

  /** What was decided, for messages of assertions. */
  String notes() {
    return time.notes().stream()
        .map(Observation::text)
        .reduce("", (all, note) -> all + "\n" + note);
  }
}
