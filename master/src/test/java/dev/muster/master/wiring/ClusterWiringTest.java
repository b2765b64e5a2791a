package dev.muster.master.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.journal.EntryCodec;
import dev.muster.worker.actor.Clock;
import dev.muster.worker.actor.CoreShell;
import dev.muster.worker.actor.Ports;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterWiringTest {
  @TempDir Path folder;

  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private final CompletableFuture<Throwable> fatal = new CompletableFuture<>();
  private ClusterWiring<String> wiring;

  @AfterEach
  void stop() throws Exception {
    wiring.stop().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void givenAMasterThatPersisted_whenAnotherStartsOnTheSameFolder_thenItsCoreGetsTheEntries()
      throws Exception {
    start();
    wiring.tell("a"); // before the singleton runs: kept for it
    wiring.tell("b");
    assertThat(next()).isEqualTo("replayed []");
    assertThat(next()).isEqualTo("done first");
    assertThat(next()).isEqualTo("done a");
    assertThat(next()).isEqualTo("done b");
    stop();

    start();

    assertThat(next()).isEqualTo("replayed [first, a, b]");
  }

  @Test
  void givenACoreThatThrows_whenItsEventArrives_thenTheProcessIsTold() throws Exception {
    start();
    wiring.tell("break");

    assertThat(fatal.get(30, TimeUnit.SECONDS)).hasMessage("broken invariant");
  }

  @Test
  void givenAJournalThatCannotBeOpened_whenHosted_thenTheProcessIsToldWhy() throws Exception {
    Files.writeString(folder.resolve("journal"), "a file where the folder should be");
    start();

    assertThat(fatal.get(30, TimeUnit.SECONDS))
        .hasMessageContaining("cannot create the journal folder");
  }

  private void start() {
    wiring = ClusterWiring.start(folder.resolve("journal"));
    wiring.host(
        new Utf8(),
        (journal, entries) -> {
          seen.add("replayed " + entries);
          return new JobHost.Hosted<>(
              CoreShell.of(
                  (event, fx) -> {
                    if (event.equals("break")) {
                      throw new IllegalStateException("broken invariant");
                    } else if (event.startsWith("done")) {
                      seen.add(event);
                    } else {
                      fx.persist(event, "done " + event);
                    }
                  },
                  new Ports(
                      Clock.SYSTEM,
                      (to, message) -> {},
                      journal,
                      action -> {},
                      note -> {},
                      1,
                      fatal::complete)),
              "first");
        },
        fatal::complete);
  }

  private String next() throws InterruptedException {
    return seen.poll(30, TimeUnit.SECONDS);
  }

  private static final class Utf8 implements EntryCodec {
    @Override
    public byte[] encode(Object entry) {
      return ((String) entry).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Object decode(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
