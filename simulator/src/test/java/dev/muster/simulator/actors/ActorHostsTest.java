package dev.muster.simulator.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.message.ToMaster;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a core may rely on, the same on bare cores and on actors. */
class ActorHostsTest {
  private static final PeerId PEER = new PeerId("peer");

  private final World world = new World(1);
  private final List<String> seen = new ArrayList<>();

  private Hosts hosts(String kind) {
    return kind.equals("actors") ? new ActorHosts(world) : Hosts.cores(world);
  }

  private Host<String> host(Hosts hosts, Core<String> core) {
    Core<String> told =
        (event, fx) -> {
          seen.add(fx.nowNs() + " " + event);
          core.on(event, fx);
        };
    var host = hosts.host(PEER, told, (from, message) -> "message", action -> {});
    world.add(host);
    return host;
  }

  /** Plays the script on a new host and runs the world to its end. */
  private void play(String kind, Core<String> core, Function<Host<String>, Runnable> script) {
    try (var hosts = hosts(kind)) {
      script.apply(host(hosts, core)).run();
      world.runUntil(1_000_000_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"core", "actors"})
  void givenTimers_whenReplacedOrCancelled_thenOnlyTheLastArmingFiresToTheNanosecond(String kind) {
    Core<String> core =
        (event, fx) -> {
          if (event.equals("start")) {
            fx.timer("a", 100, "never");
            fx.timer("a", 1_234_567, "a");
            fx.timer("b", 50, "never");
            fx.cancel("b");
            fx.timer("zero", 0, "at once");
          }
        };
    play(kind, core, host -> () -> host.on("start"));
    assertThat(seen).containsExactly("0 start", "0 at once", "1234567 a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"core", "actors"})
  void givenAPause_whenItEnds_thenWhatWasMissedComesInItsOrderUnlessCancelledMeanwhile(
      String kind) {
    Core<String> core =
        (event, fx) -> {
          switch (event) {
            case "start" -> {
              fx.timer("kept", 20, "kept");
              fx.timer("dropped", 30, "dropped");
            }
            case "event" -> fx.cancel("dropped");
            default -> {}
          }
        };
    play(
        kind,
        core,
        host ->
            () -> {
              host.on("start");
              world.after(10, host::pause);
              world.after(15, () -> host.on("event"));
              world.after(90, host::resume);
            });
    assertThat(seen).containsExactly("0 start", "90 event", "90 kept");
  }

  @ParameterizedTest
  @ValueSource(strings = {"core", "actors"})
  void givenADeadProcess_whenANewOneHasItsName_thenNoTimerOrEntryOfTheOldOneReachesIt(String kind) {
    Core<String> core =
        (event, fx) -> {
          if (event.startsWith("start")) {
            fx.timer("t", 100, "timer of " + event);
            fx.persist("entry", "durable of " + event);
          }
        };
    try (var hosts = hosts(kind)) {
      var old = host(hosts, core);
      old.on("start 1");
      world.runUntil(10);
      world.remove(PEER);
      old.on("to the dead");
      host(hosts, core).on("start 2");
      world.runUntil(1_000_000_000);
    }
    assertThat(seen)
        .containsExactly(
            "0 start 1", "10 start 2", "110 timer of start 2", "2000010 durable of start 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"core", "actors"})
  void givenACoreThatBreaksAnInvariant_whenPlayed_thenTheRunEndsWithItsException(String kind) {
    Core<String> core =
        (event, fx) -> {
          if (event.equals("bad")) {
            throw new IllegalArgumentException("broken");
          }
        };
    assertThatThrownBy(() -> play(kind, core, host -> () -> world.after(5, () -> host.on("bad"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("broken");
  }

  @Test
  void givenWorkThatLeavesTheSimulatedThread_whenItComesBack_thenTheRunFails() {
    try (var hosts = hosts("actors")) {
      var host = host(hosts, (event, fx) -> {});
      CompletableFuture.runAsync(() -> host.on("from elsewhere")).join();
      assertThatThrownBy(() -> host.on("next"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("work left the simulated thread")
          .hasMessageContaining("expected=" + Thread.currentThread().getName());
    }
  }

  @Test
  void givenAMaster_whenItComesBack_thenPersistenceReadsWhatTheWorldKept() {
    try (var hosts = hosts("actors")) {
      var journal = List.copyOf(masterThatEnded(hosts).journal());
      var next = master(hosts);
      next.journal().addAll(journal);
      next.on(new JobEvent.Started(2, true, 0));
      world.runUntil(2_000_000_000);
      assertThat(next.journal()).hasSize(2);
    }
  }

  @Test
  void givenAMaster_whenPersistenceReadsSomethingElse_thenTheRunFails() {
    try (var hosts = hosts("actors")) {
      masterThatEnded(hosts);
      var forgetful = master(hosts);
      assertThatThrownBy(() -> forgetful.on(new JobEvent.Started(2, true, 0)))
          .hasMessageContaining("the journal was read back differently: expected=[]");
    }
  }

  private Host<JobEvent> masterThatEnded(Hosts hosts) {
    var master = master(hosts);
    master.on(new JobEvent.Started(1, false, 0));
    world.runUntil(1_000_000_000);
    world.remove(PeerId.MASTER);
    return master;
  }

  private Host<JobEvent> master(Hosts hosts) {
    Core<JobEvent> core =
        (event, fx) -> fx.persist(new JournalEntry(fx.nowNs(), event, List.of("why")), null);
    var master =
        hosts.<JobEvent>host(
            PeerId.MASTER,
            core,
            (from, m) -> new JobEvent.FromAgent(new NodeId(from.name()), (ToMaster) m),
            action -> {});
    world.add(master);
    return master;
  }

  @Test
  void givenManySystems_whenOpenedAndClosed_thenNoThreadStays() {
    long before = pekkoThreads();
    for (int i = 0; i < 5; i++) {
      try (var hosts = hosts("actors")) {
        host(hosts, (event, fx) -> fx.timer("t", 1_000_000, event)).on("tick");
      }
    }
    assertThat(pekkoThreads()).isEqualTo(before);
  }

  private static long pekkoThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("simulated-"))
        .count();
  }
}
