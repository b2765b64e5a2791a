package dev.muster.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Kills, hangs, broken links and new masters at random: a committed step is given up only when
 * nobody holds it whose lease goes on, and the master says so.
 */
class IncidentsTest {
  private static final long MS = 1_000_000L;
  private static final long SECOND = 1000 * MS;
  private static final long LEASE_NS = 15 * SECOND;
  private static final int SEEDS = 1000;
  private static final int INCIDENTS = 6;
  private static final int NODES = 2;
  private static final int SLOTS = 5;

  private final List<ModelAgent> agents = new ArrayList<>();
  private final List<Host<JobEvent>> masters = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private long seed;
  private JobSpec spec;
  private World world;
  private ModelAgent.SharedGroup shared;
  private Result result;
  private int formed;
  private boolean masterDown;

  @Test
  void givenRandomIncidents_whenRun_thenNoCommittedStepIsGivenUpInSilence() {
    for (seed = 1; seed <= SEEDS; seed++) {
      start();
      for (int k = 0; k < INCIDENTS; k++) {
        int index = k;
        world.after(SECOND / 2 + draw("when", k, 5 * SECOND), () -> incident(index));
      }
      while (result == null) {
        assertThat(world.runUntil(this::somethingNew, 3600 * SECOND)).as(story()).isTrue();
        assertStartsWhereTheNewestStateIs();
      }
      assertThat(result.exitCode()).as(story()).isIn(0, 75);
      assertCommitsFollow();
    }
  }

  private void start() {
    agents.clear();
    masters.clear();
    told.clear();
    result = null;
    formed = 0;
    masterDown = false;
    spec = spec((int) (seed % 3), seed % 2 == 0);
    world = new World(seed);
    shared = new ModelAgent.SharedGroup();
    shared.steps = spec.steps();
    master(new Job(config()), new JobEvent.Started(1, false, 0), List.of());
    for (int n = 0; n < NODES; n++) {
      agents.add(new ModelAgent(world, new NodeId("n" + n), shared, 7));
      agents.getLast().register(SLOTS);
    }
  }

  private static JobSpec spec(int spares, boolean replace) {
    return new JobSpec(
        "test",
        1,
        300,
        4,
        1,
        spares,
        replace,
        3,
        100,
        5 * SECOND,
        SECOND,
        10 * SECOND,
        SECOND,
        new JobSpec.Hang(3, 2 * SECOND),
        List.of(),
        new JobSpec.WorkerSpec(true, List.of("x"), Map.of(), Map.of(), 1 << 20));
  }

  private JobConfig config() {
    return JobConfig.of(new RunId("test"), spec, NODES, LEASE_NS, SECOND / 2);
  }

  private void master(Job core, JobEvent.Started started, List<Object> journal) {
    var host =
        new CoreHost<JobEvent>(
            world,
            PeerId.MASTER,
            core,
            (from, m) -> new JobEvent.FromAgent(new NodeId(from.name().substring(6)), (ToMaster) m),
            action -> {
              if (action instanceof JobAction.Finish finish) {
                result = finish.result();
              }
            });
    world.add(host);
    masters.add(host);
    host.journal().addAll(journal);
    host.on(started);
  }

  private long draw(String stream, int index, long bound) {
    return CounterRandom.below(bound, CounterRandom.mix(seed, stream, 0, index));
  }

  private void incident(int index) {
    if (result != null) {
      return;
    }
    var agent = agents.get((int) draw("node", index, NODES));
    switch ((int) draw("kind", index, 6)) {
      case 0 -> restartMaster();
      case 1 -> drop(agent, 100 * MS + draw("short", index, 500 * MS));
      case 2 -> drop(agent, 6 * SECOND + draw("long", index, 4 * SECOND));
      case 3 -> hang(agent, index);
      default -> kill(agent, index);
    }
  }

  private void kill(ModelAgent agent, int index) {
    var alive = agent.workers();
    if (!alive.isEmpty()) {
      var worker = alive.get((int) draw("who", index, alive.size()));
      tell("kill " + worker);
      agent.kill(worker);
    }
  }

  /** Only members step, so only they can stop stepping. */
  private void hang(ModelAgent agent, int index) {
    var alive = agent.workers().stream().filter(shared.holds::containsKey).toList();
    if (!alive.isEmpty() && !agent.mute) {
      var worker = alive.get((int) draw("who", index, alive.size()));
      tell("hang " + worker);
      var hung =
          new ToMaster.WorkerHung(worker, shared.generation, shared.committed, SECOND, "test");
      world.send(PeerId.agent(worker.node()), PeerId.MASTER, hung);
    }
  }

  private void drop(ModelAgent agent, long forNs) {
    if (agent.mute) {
      return;
    }
    tell("drop " + agent.node() + " for " + forNs / MS + " ms");
    agent.mute = true;
    masters.getLast().on(new JobEvent.LinkLost(agent.node(), "reset"));
    world.after(forNs, () -> back(agent));
  }

  private void back(ModelAgent agent) {
    tell("back " + agent.node());
    agent.mute = false;
    agent.register(SLOTS);
  }

  /** Killed at once, and resumed from its journal half a second later. */
  private void restartMaster() {
    if (masterDown) {
      return;
    }
    masterDown = true;
    tell("master restarts");
    var journal = List.copyOf(masters.getLast().journal());
    world.remove(PeerId.MASTER);
    world.after(
        SECOND / 2,
        () -> {
          masterDown = false;
          var core = new Job(config());
          var entries = journal.stream().map(e -> (JournalEntry) e).toList();
          assertThat(core.replay(entries))
              .as("decisions that differ in replay\n" + story())
              .isEmpty();
          master(core, new JobEvent.Started(masters.size() + 1, true, shared.committed), journal);
          agents.stream().filter(agent -> !agent.mute).forEach(agent -> agent.register(SLOTS));
        });
  }

  private void tell(String incident) {
    told.add("%.3f s %s".formatted(world.nowNs() / 1e9, incident));
  }

  private Stream<Observation> notes() {
    return masters.stream().flatMap(m -> m.notes().stream());
  }

  private List<Observation> formations() {
    return notes().filter(note -> note.topic().equals("generation.formed")).toList();
  }

  private boolean somethingNew() {
    return result != null || formations().size() > formed;
  }

  private void assertStartsWhereTheNewestStateIs() {
    var all = formations();
    if (all.size() == formed) {
      return;
    }
    formed = all.size();
    long start = ((Number) all.getLast().fields().get("startStep")).longValue();
    long best =
        agents.stream()
            .filter(agent -> !agent.mute || world.nowNs() - agent.leasedNs < LEASE_NS)
            .flatMap(agent -> agent.workers().stream())
            .mapToLong(worker -> shared.holds.getOrDefault(worker, 0L))
            .max()
            .orElse(0);
    assertThat(start)
        .as("generation starts below a state that is there\n" + story())
        .isGreaterThanOrEqualTo(best);
  }

  /**
   * A step follows one that was committed before, and goes back only where that was announced. It
   * may go forward again, when a lost node comes back with what it holds.
   */
  private void assertCommitsFollow() {
    long announced =
        formations().stream()
            .filter(f -> ((Number) f.fields().get("lostSteps")).longValue() > 0)
            .count();
    long restarts = 0;
    long last = 0;
    long newest = 0;
    for (var commit : shared.commits) {
      long step = Long.parseLong(commit.split(":")[1]);
      restarts += step <= last ? 1 : 0;
      assertThat(step).as("a step was left out\n" + story()).isLessThanOrEqualTo(newest + 1);
      last = step;
      newest = Math.max(newest, step);
    }
    assertThat(restarts).as(story()).isLessThanOrEqualTo(announced);
    if (result.exitCode() == 0) {
      assertThat(last).as(story()).isEqualTo(spec.steps());
    }
  }

  private String story() {
    var lines =
        new StringBuilder(
            "seed=" + seed + " spares=" + spec.spares() + " replace=" + spec.replace());
    told.forEach(line -> lines.append("\n  ").append(line));
    notes()
        .forEach(note -> lines.append("\n").append(note.topic()).append(": ").append(note.text()));
    return lines.toString();
  }
}
