package dev.muster.worker.link;

import static dev.muster.worker.link.LinkFixture.expect;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.wire.Secret;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinkTest {
  private final LinkFixture links = new LinkFixture();

  @AfterEach
  void stop() throws Exception {
    links.close();
  }

  @Test
  void givenTheRunsSecret_whenAnAgentConnects_thenMessagesFlowBothWaysInOrder() throws Exception {
    links.bind(0, LinkFixture.LIMITS);
    var agent = links.agent("n0");
    expect(agent.told, "up");
    agent.register(1);
    agent.client.send(PeerId.MASTER, new ToMaster.Leaving(agent.node, "bye"));
    expect(links.atMaster, "n0 Register");
    expect(links.atMaster, "n0 Leaving");

    for (int i = 1; i <= 50; i++) {
      links.server.send(PeerId.agent(agent.node), revoke(i));
    }

    for (int i = 1; i <= 50; i++) {
      expect(agent.told, revoke(i).toString());
    }
  }

  @Test
  void givenAWrongSecretOrRun_whenAnAgentConnects_thenItIsToldAndTriesNoMore() throws Exception {
    var address = Optional.of(links.bind(0, LinkFixture.LIMITS).address());
    var wrongSecret =
        links.agent("n0", new LinkIdentity(LinkFixture.RUN, Secret.random()), () -> address);
    expect(
        wrongSecret.told,
        "refused handshake failed: the master does not know the secret of this run");
    var wrongRun =
        links.agent("n1", new LinkIdentity(new RunId("other"), links.secret), () -> address);
    expect(wrongRun.told, "refused handshake failed: refused by the master: it serves another run");
    assertThat(links.atMaster).isEmpty();
  }

  @Test
  void givenALinkedAgent_whenItsEndCloses_thenTheMasterLearnsItAtOnce() throws Exception {
    links.bind(0, LinkFixture.LIMITS);
    var agent = registered("n0", 1);

    agent.client.close("test over");

    expect(links.atMaster, "n0 gone end of stream");
  }

  @Test
  void givenAMasterThatRestartsElsewhere_whenTheLinkIsLost_thenTheAgentFindsItAndCanRegisterAgain()
      throws Exception {
    var address = new AtomicReference<InetSocketAddress>();
    var agent =
        links.agent(
            "n0",
            new LinkIdentity(LinkFixture.RUN, links.secret),
            () -> Optional.ofNullable(address.get()));
    address.set(links.bind(0, LinkFixture.LIMITS).address());
    expect(agent.told, "up");

    links.server.close("restart").toCompletableFuture().get(30, TimeUnit.SECONDS);
    expect(agent.told, "down");
    address.set(links.bind(0, LinkFixture.LIMITS).address());

    expect(agent.told, "up");
    agent.register(1);
    expect(links.atMaster, "n0 Register");
  }

  @Test
  void givenANodeWithALink_whenANewerOneRegisters_thenTheOlderIsClosedAndTheNodeNeverCountsAsGone()
      throws Exception {
    links.bind(0, LinkFixture.LIMITS);
    var first = registered("n0", 1);
    var second = links.agent("n0");
    expect(second.told, "up");
    second.register(2);
    expect(links.atMaster, "n0 Register");
    expect(first.told, "down");
    first.client.close("test");

    links.server.send(PeerId.agent(second.node), revoke(7));

    expect(second.told, revoke(7).toString());
    assertThat(links.atMaster).noneMatch(line -> line.contains("gone"));
  }

  @Test
  void givenALinkOfOneNode_whenItRegistersAsAnother_thenItIsClosed() throws Exception {
    links.bind(0, LinkFixture.LIMITS);
    var agent = registered("n0", 1);

    agent.client.send(PeerId.MASTER, LinkFixture.registration(new NodeId("n1"), 1));

    expect(links.atMaster, "n0 gone message out of order: node=n0 actual=Register");
  }

  @Test
  void givenAFirstMessageThatIsNoRegister_whenSent_thenTheLinkIsClosed() throws Exception {
    links.bind(0, LinkFixture.LIMITS);
    var agent = links.agent("n0");
    expect(agent.told, "up");

    agent.client.send(PeerId.MASTER, new ToMaster.Leaving(agent.node, "?"));

    expect(agent.told, "down");
    assertThat(links.atMaster).isEmpty();
  }

  @Test
  void givenLinksThatBothEndsCloseAtOnce_whenTheServerCloses_thenItDoesSoCleanlyEveryTime()
      throws Exception {
    for (int i = 0; i < 20; i++) {
      links.bind(0, LinkFixture.LIMITS);
      var agent = registered("n0", 1);
      var other = CompletableFuture.runAsync(() -> agent.client.close("agent's end"));

      links.server.close("master's end").toCompletableFuture().get(30, TimeUnit.SECONDS);

      other.get(30, TimeUnit.SECONDS);
      expect(links.atMaster, "n0 gone");
      expect(agent.told, "down");
    }
  }

  @Test
  void givenANetworkAddress_whenBound_thenItIsRefusedInOneSentence() {
    assertThatThrownBy(() ->
            LinkServer.bind(
                links.system,
                new InetSocketAddress("0.0.0.0", 0),
                new LinkIdentity(LinkFixture.RUN, links.secret),
                LinkFixture.LIMITS,
                null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("without TLS: expected=loopback actual=0.0.0.0");
  }

  @Test
  void givenAPortInUse_whenBound_thenTheStageFailsWithTheReason() throws Exception {
    try (var taken = new ServerSocket(0)) {
      assertThatThrownBy(() -> links.bind(taken.getLocalPort(), LinkFixture.LIMITS))
          .hasMessageContaining("Bind failed");
    }
  }

  private LinkFixture.Agent registered(String name, long incarnation) throws Exception {
    var agent = links.agent(name);
    expect(agent.told, "up");
    agent.register(incarnation);
    expect(links.atMaster, name + " Register");
    return agent;
  }

  private static ToAgent.Revoke revoke(int generation) {
    return new ToAgent.Revoke(new Generation(generation), "test");
  }
}
