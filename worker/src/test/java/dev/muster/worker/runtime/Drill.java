package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Groups;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Connection;
import dev.muster.worker.FencedException;
import dev.muster.worker.Muster;
import dev.muster.worker.Step;
import dev.muster.worker.TrainerFactory;
import dev.muster.worker.data.Audit;
import dev.muster.worker.data.SampleAudit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A run of worker threads under a scripted master: forms groups, ends them when a member dies or a
 * strike says so, replaces the dead (or not) and goes on, checking after each revoke that no
 * committed step was lost.
 */
final class Drill implements AutoCloseable {
  private static final String REVOKED = "#revoked";
  private static final String GROUP = "dp";
  private static final long BYTES_PER_RANK = 1 << 20;

  enum Kind {
    KILL,
    REVOKE
  }

  /**
   * What happens to a rank of a generation before or after its n-th call; see {@link
   * FaultyGroups.Plan}.
   */
  record Strike(long generation, int rank, int call, boolean after, Kind kind) {}

  record Outcome(
      String digest,
      Map<Long, Double> losses,
      Audit audit,
      int revokes,
      long generations,
      List<FromWorker.Left> left) {}

  private final Groups groups;
  private final FakeAgent agent;
  private final String context;
  private final boolean replace;
  private final List<Strike> strikes;
  private final TrainerFactory factory;
  private final Map<String, Thread> threads = new TreeMap<>();
  private final Map<String, Throwable> thrown = new ConcurrentHashMap<>();
  private final Map<Long, Double> losses = new ConcurrentHashMap<>();
  private final TreeSet<String> ready = new TreeSet<>();
  private final TreeSet<String> formed = new TreeSet<>();
  private final TreeSet<String> dead = new TreeSet<>();
  private final Map<String, Long> left = new TreeMap<>();
  private final List<FromWorker.Left> allLeft = new ArrayList<>();
  private final Map<String, FromWorker.Finished> finished = new TreeMap<>();
  private List<String> members = new ArrayList<>();
  private long generation;
  private long startStep;
  private long committed;
  private boolean recovering = true;
  private int revokes;

  Drill(
      Path folder, Groups groups, long steps, boolean replace, List<Strike> strikes, String context)
      throws IOException {
    this(folder, groups, steps, replace, strikes, context, null, step -> {});
  }

  /**
   * @param gpus as the job says; each rank has the GPU of its number
   * @param midway told of every step in the middle of its reduction
   */
  Drill(
      Path folder,
      Groups groups,
      long steps,
      boolean replace,
      List<Strike> strikes,
      String context,
      String gpus,
      Consumer<Step> midway)
      throws IOException {
    this.groups = groups;
    this.agent = new FakeAgent(folder, steps, 11, gpus);
    this.replace = replace;
    this.strikes = strikes;
    this.context = context;
    this.factory = (settings, seed) -> new QuadraticTrainer(seed, this::lost, midway);
  }

  Outcome run(int world) throws Exception {
    for (int rank = 0; rank < world; rank++) {
      members.add(launch());
    }
    members.forEach(m -> left.put(m, 0L));
    while (!done()) {
      take(agent.next(context + " " + this));
      formIfPossible();
    }
    return end();
  }

  private String launch() {
    String worker = "n/" + threads.size();
    var connection = new Connection(agent.socket(), worker, "token");
    threads.put(
        worker,
        Thread.ofPlatform()
            .name(worker)
            .start(() -> {
              try {
                Muster.train(factory, connection, new FaultyGroups(groups, this::strike));
              } catch (FencedException e) {
                // killed by a strike
              } catch (Throwable e) {
                thrown.put(worker, e);
              }
            }));
    return worker;
  }

  private void strike(Groups.Spec spec, int rank, int call, boolean after) {
    if (!spec.group().equals(GROUP)) {
      return; // of a rehearsal, which counts generations of its own
    }
    for (Strike strike : strikes) {
      if (strike.equals(new Strike(spec.generation(), rank, call, after, strike.kind()))) {
        strike(strike, spec);
      }
    }
  }

  private void strike(Strike strike, Groups.Spec spec) {
    if (strike.kind() == Kind.KILL) {
      throw new FencedException("killed by the drill");
    }
    try (var monitor = groups.monitor(spec)) {
      monitor.revoke("drill");
    }
    agent.post(REVOKED, new FromWorker.Joined(strike.generation()));
  }

  private void take(FakeAgent.Event event) {
    String worker = event.worker();
    switch (event.message()) {
      case null -> died(worker);
      case FromWorker.Ready _ -> ready.add(worker);
      case FromWorker.Joined joined when worker.equals(REVOKED) -> revoke(joined.generation());
      case FromWorker.Left l when l.generation() == generation -> left(worker, l);
      case FromWorker.Finished f when f.generation() == generation -> finished.put(worker, f);
      case FromWorker.Failed failed -> throw new AssertionError(context + " " + failed.error());
      default -> {}
    }
  }

  private void left(String worker, FromWorker.Left message) {
    left.put(worker, message.appliedStep());
    allLeft.add(message);
  }

  private void died(String worker) {
    dead.add(worker);
    if (members.contains(worker)) {
      revoke(generation);
    }
  }

  private void revoke(long ended) {
    if (recovering || ended != generation) {
      return;
    }
    recovering = true;
    revokes++;
    try (var monitor = groups.monitor(spec())) {
      committed = monitor.revoke("a member died");
    }
    members.forEach(m -> agent.tell(m, new ToWorker.Revoke(generation, "drill")));
  }

  private void formIfPossible() {
    if (!recovering || members.stream().anyMatch(m -> !dead.contains(m) && !left.containsKey(m))) {
      return;
    }
    checkSurvivors();
    if (replace) {
      members.replaceAll(m -> dead.contains(m) ? newcomer() : m);
    } else {
      members.removeAll(dead);
    }
    if (ready.containsAll(members)) {
      form();
    }
  }

  private String newcomer() {
    String worker = launch();
    left.put(worker, 0L);
    return worker;
  }

  /** Either at the committed step, or it had no valid state to begin with. */
  private void checkSurvivors() {
    for (String member : members) {
      if (formed.contains(member) && !dead.contains(member)) {
        long applied = left.get(member);
        assertThat(agent.page(member).appliedStep()).as(context + " " + this).isEqualTo(applied);
        if (committed > startStep) {
          assertThat(applied)
              .as(context + " committed=" + committed + " " + this)
              .isEqualTo(committed);
        } else {
          assertThat(applied)
              .as(context + " committed=" + committed + " " + this)
              .isLessThanOrEqualTo(committed);
        }
      }
    }
  }

  private void form() {
    startStep = members.stream().mapToLong(left::get).max().orElseThrow();
    boolean fresh = startStep <= 0;
    startStep = Math.max(0, startStep);
    assertThat(fresh ? 0 : startStep).as(context + " " + this).isEqualTo(fresh ? 0 : committed);
    int source =
        fresh
            ? -1
            : members.indexOf(
                members.stream().filter(m -> left.get(m) == startStep).findFirst().orElseThrow());
    var need = new ArrayList<Integer>();
    for (int rank = 0; rank < members.size() && !fresh; rank++) {
      if (left.get(members.get(rank)) != startStep) {
        need.add(rank);
      }
    }
    generation++;
    recovering = false;
    formed.addAll(members);
    left.clear();
    finished.clear();
    for (int rank = 0; rank < members.size(); rank++) {
      agent.tell(
          members.get(rank),
          new ToWorker.Form(
                  generation, rank, members.size(), rank, startStep, source, List.copyOf(need))
              .on(rank));
    }
  }

  private Groups.Spec spec() {
    return new Groups.Spec(
        agent.folder, GROUP, generation, members.size(), startStep, BYTES_PER_RANK);
  }

  private boolean done() {
    return !recovering && finished.keySet().containsAll(members);
  }

  private Outcome end() throws Exception {
    members.forEach(m -> agent.tell(m, new ToWorker.Stop("done")));
    for (Thread thread : threads.values()) {
      thread.join();
    }
    assertThat(thrown).as(context).isEmpty();
    assertThat(finished.values())
        .as(context)
        .extracting(FromWorker.Finished::parametersDigest)
        .containsOnly(digest());
    var logs = threads.keySet().stream().map(agent::sampleLog).filter(Files::exists).toList();
    return new Outcome(digest(), losses, SampleAudit.of(logs), revokes, generation, allLeft);
  }

  private String digest() {
    return finished.values().iterator().next().parametersDigest();
  }

  @Override
  public void close() throws IOException {
    agent.close();
  }

  @Override
  public String toString() {
    return "generation="
        + generation
        + " members="
        + members
        + " dead="
        + dead
        + " left="
        + left
        + " ready="
        + ready
        + " startStep="
        + startStep
        + " recovering="
        + recovering
        + " strikes="
        + strikes;
  }

  private void lost(long step, double loss) {
    if (step > 0) { // 0 is a rehearsal
      losses.put(step, loss);
    }
  }
}
