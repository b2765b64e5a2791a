package dev.muster.collectives.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.hosts.Ballot.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Votes of modelled hosts: every order of messages, cuts and deaths that a seed draws. No host ever
 * commits what another one has given up for certain.
 */
class BallotTest {
  private static final long SEED = Long.getLong("muster.seed", 20_261_123);
  private static final int RUNS = Integer.getInteger("muster.ballots", 20_000);
  private static final long STEP = 1;

  private record Message(int from, Long vote, Ballot.Statement statement) {}

  /** One host: its ballot, what it decided, and whether it still lives. */
  private static final class Host {
    private final Ballot ballot;
    private boolean voted;
    private boolean dead;
    private Outcome outcome = Outcome.PENDING;

    private Host(int hosts, int self) {
      ballot = new Ballot(hosts, self, 0);
    }
  }

  /** Hosts with a queue for each direction of each connection. */
  private static final class World {
    private final SplittableRandom random;
    private final List<Host> hosts = new ArrayList<>();
    private final Deque<Message>[][] queues;
    private final boolean[][] cut;
    private boolean faultless = true;

    @SuppressWarnings("unchecked")
    private World(long seed) {
      random = new SplittableRandom(seed);
      int count = 2 + random.nextInt(3);
      queues = new Deque[count][count];
      cut = new boolean[count][count];
      for (int host = 0; host < count; host++) {
        hosts.add(new Host(count, host));
        for (int to = 0; to < count; to++) {
          queues[host][to] = new ArrayDeque<>();
        }
      }
    }

    private int any() {
      return random.nextInt(hosts.size());
    }

    private void say(int from, Long vote, Ballot.Statement statement) {
      for (int to = 0; to < hosts.size(); to++) {
        if (to != from && !cut[from][to]) {
          queues[from][to].add(new Message(from, vote, statement));
        }
      }
    }

    private void end(int host) {
      var ballot = hosts.get(host).ballot;
      if (!ballot.closed()) {
        ballot.close(hosts.get(host).voted ? STEP : 0);
        say(host, null, ballot.statement());
      }
    }

    private void vote(int at) {
      var host = hosts.get(at);
      if (!host.voted && !host.ballot.closed()) {
        host.voted = true;
        host.ballot.voted(at, STEP);
        say(at, STEP, null);
      }
    }

    /** A connection may lose its tail, and is then known to be broken, at different moments. */
    private void cut(int a, int b) {
      if (a != b) {
        faultless = false;
        cut[a][b] = true;
        cut[b][a] = true;
        dropSome(queues[a][b]);
        dropSome(queues[b][a]);
      }
    }

    private void dropSome(Deque<Message> queue) {
      for (int lost = random.nextInt(queue.size() + 1); lost > 0; lost--) {
        queue.removeLast();
      }
    }

    private void hear(int from, int to) {
      var host = hosts.get(to);
      var message = queues[from][to].poll();
      if (host.dead) {
        return;
      }
      if (message == null) {
        if (cut[from][to]) {
          host.ballot.lost(from);
          end(to);
        }
      } else if (message.vote() != null) {
        host.ballot.voted(from, message.vote());
      } else {
        host.ballot.stated(from, message.statement());
        end(to);
      }
      look(host);
    }

    private void look(Host host) {
      if (host.voted && host.outcome == Outcome.PENDING) {
        host.outcome = host.ballot.outcome(STEP);
      }
    }

    private void kill(int at) {
      hosts.get(at).dead = true;
      for (int other = 0; other < hosts.size(); other++) {
        cut(at, other);
      }
    }

    private void run() {
      for (int event = 0; event < 40; event++) {
        switch (random.nextInt(40)) {
          case 0 -> cut(any(), any());
          case 1 -> kill(any());
          case 2 -> endIfAlive(any());
          case 3, 4, 5, 6, 7, 8, 9, 10 -> voteIfAlive(any());
          default -> hear(any(), any());
        }
      }
      for (int host = 0; host < hosts.size(); host++) {
        endIfAlive(host);
      }
      for (int round = 0; round < 20; round++) {
        for (int from = 0; from < hosts.size(); from++) {
          for (int to = 0; to < hosts.size(); to++) {
            hear(from, to);
          }
        }
      }
    }

    private void endIfAlive(int host) {
      if (!hosts.get(host).dead) {
        end(host);
        look(hosts.get(host));
      }
    }

    private void voteIfAlive(int host) {
      if (!hosts.get(host).dead) {
        vote(host);
        look(hosts.get(host));
      }
    }
  }

  @Test
  void givenCutsDeathsAndRevokes_whenHostsDecide_thenNoneCommitsWhatAnotherGaveUp() {
    Map<Outcome, Integer> seen = new EnumMap<>(Outcome.class);
    for (int run = 0; run < RUNS; run++) {
      String again = "run %d; again with -Dmuster.seed=%d".formatted(run, SEED);
      var world = new World(SEED + run);
      world.run();
      var outcomes = world.hosts.stream().filter(h -> h.voted).map(h -> h.outcome).toList();
      outcomes.forEach(outcome -> seen.merge(outcome, 1, Integer::sum));
      boolean committed = outcomes.contains(Outcome.COMMITTED);
      if (committed) {
        assertThat(outcomes).as(again).doesNotContain(Outcome.ABORTED);
        assertThat(world.hosts).as(again).allMatch(host -> host.voted);
      }
      assertThat(world.hosts)
          .as("a live host that voted knows in the end; " + again)
          .noneMatch(host -> host.voted && !host.dead && host.outcome == Outcome.PENDING);
      if (world.faultless) {
        assertThat(outcomes.stream().distinct().count()).as(again).isLessThanOrEqualTo(1);
        assertThat(outcomes).as(again).doesNotContain(Outcome.IN_DOUBT);
      }
    }
    assertThat(seen)
        .as("all outcomes were met")
        .containsKeys(Outcome.COMMITTED, Outcome.ABORTED, Outcome.IN_DOUBT);
  }

  @Test
  void givenAVoteThatComesAfterTheStatement_whenLookedAt_thenItDoesNotCount() {
    var ballot = new Ballot(2, 0, 0);
    ballot.voted(0, STEP);
    ballot.close(STEP);
    ballot.voted(1, STEP);
    assertThat(ballot.outcome(STEP)).isEqualTo(Outcome.PENDING);
    ballot.lost(1);
    assertThat(ballot.outcome(STEP)).isEqualTo(Outcome.IN_DOUBT);
  }
}
