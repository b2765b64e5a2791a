package dev.muster.protocol.wire;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.wire.WireCodec.Registration;
import java.util.List;
import java.util.Map;

/**
 * The numbers of all types of the agent link. They are the wire format: never change one, never
 * give a retired one to another type. 0 to 9 are Kryo's primitives and String, 10 to 19
 * collections, 20 to 49 values, 50 to 99 what agents say, 100 to 149 what the master says, from
 * {@link WireCodec#FIRST_FREE_ID} on whatever a user of the codec adds.
 */
final class WireTypes {
  static final Registration LIST = new Registration(List.class, 10);
  static final Registration MAP = new Registration(Map.class, 11);

  static final List<Registration> LINK =
      List.of(
          new Registration(NodeId.class, 20),
          new Registration(WorkerId.class, 21),
          new Registration(Generation.class, 22),
          new Registration(Member.class, 23),
          new Registration(Group.class, 24),
          new Registration(RunId.class, 25),
          new Registration(Exit.class, 26),
          new Registration(JobSpec.class, 30),
          new Registration(JobSpec.Hang.class, 31),
          new Registration(JobSpec.Fault.class, 32),
          new Registration(JobSpec.WorkerSpec.class, 33),
          new Registration(JobSpec.Checkpoint.class, 34),
          new Registration(JobSpec.Data.class, 35),
          new Registration(JobSpec.Gpus.class, 36),
          new Registration(JobSpec.Store.class, 37),
          new Registration(ToMaster.Register.class, 50),
          new Registration(ToMaster.WorkerReport.class, 51),
          new Registration(ToMaster.Beat.class, 52),
          new Registration(ToMaster.NodeDigest.class, 53),
          new Registration(ToMaster.WorkerReady.class, 54),
          new Registration(ToMaster.WorkerExited.class, 55),
          new Registration(ToMaster.WorkerHung.class, 56),
          new Registration(ToMaster.Revoked.class, 57),
          new Registration(ToMaster.Survivor.class, 58),
          new Registration(ToMaster.Reached.class, 59),
          new Registration(ToMaster.Milestone.class, 60),
          new Registration(ToMaster.WorkerFinished.class, 61),
          new Registration(ToMaster.Refused.class, 62),
          new Registration(ToMaster.Leaving.class, 63),
          new Registration(ToMaster.Snapshot.class, 64),
          new Registration(ToMaster.RestoreFailed.class, 65),
          new Registration(ToMaster.ShardsWritten.class, 66),
          new Registration(ToMaster.CheckpointCommitted.class, 67),
          new Registration(ToMaster.CheckpointsListed.class, 68),
          new Registration(ToMaster.Stored.class, 69),
          new Registration(ToMaster.TakeRange.class, 70),
          new Registration(ToMaster.Fetching.class, 71),
          new Registration(ToMaster.DatasetRequest.class, 72),
          new Registration(ToMaster.DatasetVerb.class, 73),
          new Registration(ToMaster.Salvaged.class, 74),
          new Registration(ToMaster.SaveCost.class, 75),
          new Registration(ToMaster.GroupDiagnosed.class, 76),
          new Registration(ToMaster.StoreOpened.class, 77),
          new Registration(ToMaster.RanksMissing.class, 78),
          new Registration(ToAgent.Welcome.class, 100),
          new Registration(ToAgent.Lease.class, 101),
          new Registration(ToAgent.Launch.class, 102),
          new Registration(ToAgent.Place.class, 103),
          new Registration(ToAgent.Form.class, 104),
          new Registration(ToAgent.Revoke.class, 105),
          new Registration(ToAgent.Kill.class, 106),
          new Registration(ToAgent.Restore.class, 108),
          new Registration(ToAgent.Medium.class, 109),
          new Registration(ToAgent.Persist.class, 110),
          new Registration(ToAgent.CommitCheckpoint.class, 111),
          new Registration(ToAgent.Copy.class, 112),
          new Registration(ToAgent.Peer.class, 113),
          new Registration(ToAgent.Fetch.class, 114),
          new Registration(ToAgent.ShardAt.class, 115),
          new Registration(ToAgent.ListCheckpoints.class, 116),
          new Registration(ToAgent.Lend.class, 117),
          new Registration(ToAgent.DatasetReply.class, 118),
          new Registration(ToAgent.Salvage.class, 119),
          new Registration(ToAgent.Cut.class, 120),
          new Registration(ToAgent.HostPart.class, 121),
          new Registration(ToAgent.SaveEvery.class, 122),
          new Registration(ToAgent.OpenStore.class, 123),
          new Registration(ToAgent.CloseStore.class, 124),
          new Registration(ToAgent.Shutdown.class, 107));

  private WireTypes() {}
}
