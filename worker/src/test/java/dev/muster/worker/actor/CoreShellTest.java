package dev.muster.worker.actor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class CoreShellTest {
  private static final ActorTestKit KIT = ActorTestKit.create(ManualTime.config());
  private static final ManualTime TIME = ManualTime.get(KIT.system());

  private final TestProbe<Object> probe = KIT.createTestProbe();
  private final List<Runnable> unacknowledged = new ArrayList<>();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void givenACoreThatUsesEveryEffect_whenItActs_thenEachPortSeesIt() {
    var actor =
        host((event, fx) -> {
          fx.send(PeerId.MASTER, new ToAgent.Revoke(new Generation(3), event));
          fx.perform(new Launch(event));
          fx.note("topic", "at " + fx.nowNs() + " " + fx.random("s", 1, 2));
        });

    actor.tell("go");

    probe.expectMessage(new Sent(PeerId.MASTER, new ToAgent.Revoke(new Generation(3), "go")));
    probe.expectMessage(new Launch("go"));
    var note = probe.expectMessageClass(Observation.class);
    assertThat(note.text()).isEqualTo("at 77 " + CounterRandom.mix(9, "s", 1, 2));
  }

  @Test
  void givenATimerArmedTwice_whenTimePasses_thenOnlyTheSecondFires() {
    var actor =
        host((event, fx) -> {
          if (event.startsWith("arm")) {
            fx.timer("key", 1_000_000_000, "fired by " + event);
          } else {
            fx.note("timer", event);
          }
        });
    actor.tell("arm 1");
    actor.tell("arm 2");
    sync(actor);

    TIME.timePasses(Duration.ofSeconds(1));

    assertThat(probe.expectMessageClass(Observation.class).text()).isEqualTo("fired by arm 2");
    TIME.expectNoMessageFor(Duration.ofSeconds(5), probe);
  }

  @Test
  void givenACancelledTimer_whenTimePasses_thenItStaysSilent() {
    var actor =
        host((event, fx) -> {
          switch (event) {
            case "arm" -> fx.timer("key", 1_000_000, "fired");
            case "cancel" -> fx.cancel("key");
            default -> fx.note("timer", event);
          }
        });
    actor.tell("arm");
    actor.tell("cancel");
    sync(actor);

    TIME.expectNoMessageFor(Duration.ofSeconds(5), probe);
  }

  @Test
  void givenADelayInThePast_whenArmed_thenTheTimerFiresAtOnce() {
    var actor =
        host((event, fx) -> {
          if (event.equals("arm")) {
            fx.timer("key", -5, "fired");
          } else {
            fx.note("timer", event);
          }
        });
    actor.tell("arm"); // and no time passes

    assertThat(probe.expectMessageClass(Observation.class).text()).isEqualTo("fired");
  }

  @Test
  void
      givenEntriesPersisted_whenTheJournalAcknowledges_thenDoneEventsComeBackInOrderAndNotBefore() {
    var actor =
        host((event, fx) -> {
          if (event.startsWith("done")) {
            fx.note("done", event);
          } else {
            fx.persist(event, event.equals("silent") ? null : "done " + event);
          }
        });
    actor.tell("a");
    actor.tell("silent");
    actor.tell("b");
    probe.expectMessage(new Appended("a"));
    probe.expectMessage(new Appended("silent"));
    probe.expectMessage(new Appended("b"));
    sync(actor);

    unacknowledged.forEach(Runnable::run);

    assertThat(probe.expectMessageClass(Observation.class).text()).isEqualTo("done a");
    assertThat(probe.expectMessageClass(Observation.class).text()).isEqualTo("done b");
  }

  @Test
  void givenACoreThatThrows_whenTheEventArrives_thenTheHostIsToldAndTheActorStops() {
    var broken = new IllegalStateException("invariant");
    var actor =
        host((event, fx) -> {
          throw broken;
        });

    actor.tell("boom");

    probe.expectMessage(broken);
    probe.expectTerminated(actor, Duration.ofSeconds(5));
  }

  private ActorRef<String> host(BiConsumer<String, Effects<String>> handler) {
    Core<String> core =
        (event, fx) -> {
          if (event.equals("sync")) {
            fx.note("sync", "");
          } else {
            handler.accept(event, fx);
          }
        };
    return KIT.spawn(CoreShell.of(core, ports()));
  }

  /** Returns when the actor has handled all that was sent before. */
  private void sync(ActorRef<String> actor) {
    actor.tell("sync");
    assertThat(probe.expectMessageClass(Observation.class).topic()).isEqualTo("sync");
  }

  private Ports ports() {
    return new Ports(
        () -> 77,
        (to, message) -> probe.ref().tell(new Sent(to, message)),
        (entry, durable) -> {
          unacknowledged.add(durable);
          probe.ref().tell(new Appended(entry));
        },
        action -> probe.ref().tell(action),
        note -> probe.ref().tell(note),
        9,
        error -> probe.ref().tell(error));
  }

  private record Sent(PeerId to, Message message) {}

  private record Appended(Object entry) {}

  private record Launch(String what) implements Effects.Action {}
}
