package dev.muster.protocol.wire;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.Map;

/**
 * At least one message of every type of the agent link, the same in every run: golden bytes and
 * seeds of the fuzz.
 */
final class Samples {
  private static final NodeId NODE = new NodeId("n0");
  private static final WorkerId FIRST = new WorkerId(NODE, 0);
  private static final WorkerId SECOND = new WorkerId(new NodeId("n1"), 300);
  private static final Generation SEVEN = new Generation(7);

  private Samples() {}

  static List<Message> messages() {
    return List.of(
        new ToMaster.Register(
            NODE,
            0x1234_5678_9ABC_DEF0L,
            "host-a",
            5,
            SEVEN,
            reports(),
            snapshots(),
            "127.0.0.1:4000",
            List.of("feed-1", "rack-3"),
            "3f2a-16"),
        new ToMaster.Beat(List.of(digest())),
        new ToMaster.WorkerReady(FIRST, 4242, "tokens", true, "10.0.0.1:4002"),
        new ToMaster.WorkerExited(
            SECOND, SEVEN, Exit.signal(9), 49, 1_500_000, "java.lang.Error: ü\n\tat A.b(A.java:1)"),
        new ToMaster.WorkerHung(SECOND, SEVEN, 49, 2_000_000_000L, "no collective since step 50"),
        new ToMaster.Revoked(
            NODE, SEVEN, List.of(new ToMaster.Survivor(FIRST, 50)), snapshots(), true),
        new ToMaster.Reached(NODE, SEVEN, ToMaster.Milestone.RESTORED, 50),
        new ToMaster.WorkerFinished(
            FIRST, SEVEN, 300, 1.875, "00ff", List.of("held-out loss 1.875", "")),
        new ToMaster.Refused(NODE, new Generation(6), SEVEN, "Form"),
        new ToMaster.Leaving(NODE, "SIGTERM"),
        new ToMaster.RestoreFailed(NODE, SEVEN, new NodeId("n1"), "damaged: file=n0-0.snap"),
        new ToMaster.ShardsWritten(NODE, SEVEN, 50, ToAgent.Medium.STORAGE, "", false),
        new ToMaster.CheckpointCommitted(NODE, SEVEN, 50, ""),
        new ToMaster.CheckpointsListed(NODE, List.of(new ToMaster.Stored(SEVEN, 50)), "slow"),
        new ToMaster.TakeRange(FIRST, SEVEN, 51, 2, 100_003, 512),
        new ToAgent.Lend(FIRST, SEVEN, 51, 2, 0, 25_664, 64, ""),
        new ToMaster.DatasetRequest(
            FIRST, SEVEN, 51, 3, "clicks", ToMaster.DatasetVerb.TAKE, "", 0, 500, ""),
        new ToAgent.DatasetReply(FIRST, SEVEN, 3, "clicks-2", 64_000, 64_500, "stream 500", ""),
        new ToMaster.Fetching(NODE, SEVEN),
        new ToMaster.Salvaged(NODE, 3, "disk full"),
        new ToMaster.StoreOpened(NODE, SEVEN, "10.0.0.1:4003", ""),
        new ToMaster.RanksMissing(NODE, SEVEN, 3, List.of(2), "2 wait for k", 10_000_000_000L),
        new ToMaster.SaveCost(NODE, SEVEN, 2_500_000, 100_000_000),
        new ToMaster.GroupDiagnosed(NODE, SEVEN, "rank 1 called broadcast"),
        new ToAgent.Welcome(new RunId("run-1"), 2, 15_000_000_000L, 500_000_000L, job()),
        new ToAgent.Lease(77, SEVEN),
        new ToAgent.Launch(FIRST, null),
        new ToAgent.Launch(SECOND, new ToAgent.Place(SEVEN, 3, 4, 1, 2, 1, 2, 0, "10.0.0.1:4003")),
        new ToAgent.OpenStore(SEVEN, 4, List.of("10.0.0.2")),
        new ToAgent.CloseStore(SEVEN),
        new ToAgent.Form(group(), 50, 0, List.of(1)),
        new ToAgent.Form(
            group(), 50, 0, List.of(0, 1), new ToAgent.Restore(ToAgent.Medium.MEMORY, SEVEN)),
        new ToAgent.Form(group(), 50, 0, List.of(1)).over(parts()).saving(8),
        new ToAgent.SaveEvery(SEVEN, 16),
        new ToAgent.Persist(SEVEN, 60),
        new ToAgent.CommitCheckpoint(SEVEN, 60, 2),
        new ToAgent.Copy(SEVEN, 60, List.of(peer()), 2),
        new ToAgent.Fetch(SEVEN, new Generation(6), 50, 2, List.of(new ToAgent.ShardAt(1, peer()))),
        new ToAgent.ListCheckpoints(),
        new ToAgent.Salvage(3, SEVEN, 50, 2, List.of(new ToAgent.Cut(1, 0))),
        new ToAgent.Revoke(SEVEN, "worker n1/300 ended by SIGKILL"),
        new ToAgent.Kill(SECOND, 5_000_000_000L, "hung"),
        new ToAgent.Shutdown(0, "done"));
  }

  private static List<ToMaster.WorkerReport> reports() {
    return List.of(
        new ToMaster.WorkerReport(FIRST, 4242, true, SEVEN, 50, "10.0.0.1:4002"),
        new ToMaster.WorkerReport(new WorkerId(NODE, 1), 4243, false, Generation.NONE, 0));
  }

  private static ToAgent.Peer peer() {
    return new ToAgent.Peer(new NodeId("n1"), "127.0.0.1:4001");
  }

  private static List<ToMaster.Snapshot> snapshots() {
    return List.of(new ToMaster.Snapshot(SEVEN, 50, 1, 4));
  }

  private static List<ToAgent.HostPart> parts() {
    return List.of(
        new ToAgent.HostPart(List.of(NODE), "10.0.0.1:4002"),
        new ToAgent.HostPart(List.of(SECOND.node()), ""));
  }

  private static ToMaster.NodeDigest digest() {
    return new ToMaster.NodeDigest(NODE, -1, 77, SEVEN, -1, 50, Double.NaN, 12_345.5);
  }

  private static Group group() {
    return new Group(SEVEN, List.of(new Member(FIRST, 0), new Member(SECOND, 1)));
  }

  static JobSpec job() {
    return new JobSpec(
        "gpt",
        17,
        300,
        4,
        3,
        1,
        true,
        3,
        1000,
        600_000_000_000L,
        200_000_000L,
        120_000_000_000L,
        5_000_000_000L,
        new JobSpec.Hang(3, 2_000_000_000L),
        List.of(new JobSpec.Fault(2, 50)),
        new JobSpec.Checkpoint(10, 60_000_000_000L, 3, 1000, "/checkpoints"),
        new JobSpec.Data(64),
        new JobSpec.WorkerSpec(
            true,
            List.of("java", "-version"),
            Map.of("OMP_NUM_THREADS", "1", "A", ""),
            Map.of("model", "gpt-small", "learning-rate", "0.001"),
            256L << 20,
            JobSpec.Gpus.AUTO));
  }
}
