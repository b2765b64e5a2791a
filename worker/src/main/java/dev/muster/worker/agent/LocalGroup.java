package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * This host's part of one generation; immutable. The members on other hosts are known to the shell,
 * from the moment the group is opened: an agent may remember its last group for weeks.
 *
 * @param worldSize members on all hosts
 * @param nodes that have members
 * @param position of this one among them, -1 without members
 * @param start with what it begins
 * @param members the local ones, in rank order
 * @param reached local ranks that passed each milestone
 * @param status ACTIVE, then REVOKING until the last committed step is known, then REVOKED
 * @param committedStep known once REVOKED, else -1
 * @param snapshots in this node's memory once REVOKED, else empty
 * @param inDoubt once REVOKED: members on other machines may hold one step more
 */
record LocalGroup(
    Generation generation,
    int worldSize,
    int nodes,
    int position,
    GroupStart start,
    List<Member> members,
    Map<Milestone, BitSet> reached,
    Status status,
    long committedStep,
    List<ToMaster.Snapshot> snapshots,
    boolean inDoubt) {

  enum Status {
    ACTIVE,
    REVOKING,
    REVOKED
  }

  static LocalGroup of(ToAgent.Form form, NodeId node) {
    var group = form.group();
    return new LocalGroup(
        group.generation(),
        group.worldSize(),
        group.nodes().size(),
        group.positionOf(node),
        GroupStart.of(form),
        group.on(node),
        Map.of(),
        Status.ACTIVE,
        -1,
        List.of(),
        false);
  }

  boolean active() {
    return status == Status.ACTIVE;
  }

  LocalGroup with(Milestone milestone, WorkerId worker) {
    var all = new EnumMap<Milestone, BitSet>(Milestone.class);
    all.putAll(reached);
    var passed =
        reached.containsKey(milestone) ? (BitSet) reached.get(milestone).clone() : new BitSet();
    passed.set(localRank(worker));
    all.put(milestone, passed);
    return with(all, status, committedStep, snapshots, inDoubt);
  }

  private LocalGroup with(
      Map<Milestone, BitSet> passed,
      Status next,
      long committed,
      List<ToMaster.Snapshot> left,
      boolean unsure) {
    return new LocalGroup(
        generation,
        worldSize,
        nodes,
        position,
        start,
        members,
        passed,
        next,
        committed,
        left,
        unsure);
  }

  LocalGroup revoking() {
    return with(reached, Status.REVOKING, -1, List.of(), false);
  }

  LocalGroup revoked(long committed, List<ToMaster.Snapshot> left, boolean unsure) {
    return with(reached, Status.REVOKED, committed, left, unsure);
  }

  Optional<Member> member(WorkerId worker) {
    int localRank = localRank(worker);
    return localRank < 0 ? Optional.empty() : Optional.of(members.get(localRank));
  }

  /** -1 for no member. */
  private int localRank(WorkerId worker) {
    for (int local = 0; local < members.size(); local++) {
      if (members.get(local).worker().equals(worker)) {
        return local;
      }
    }
    return -1;
  }

  boolean passed(Milestone milestone, WorkerId worker) {
    return reached.containsKey(milestone) && reached.get(milestone).get(localRank(worker));
  }

  boolean allPassed(Milestone milestone) {
    int passed = reached.containsKey(milestone) ? reached.get(milestone).cardinality() : 0;
    return passed == members.size();
  }

  /**
   * Whether a member holds the state of every step committed so far: it never had to fetch the
   * start state, or it said that it has, or a step was committed after the start, which no member
   * can do without. A newcomer cut short while it restored holds nothing: half of its tensors may
   * be new.
   */
  boolean holdsState(Member member, long committed) {
    return committed > start.step()
        || !start.needsState(member.rank())
        || passed(Milestone.RESTORED, member.worker());
  }

  AgentAction.GroupKey key(long bytesPerRank) {
    return new AgentAction.GroupKey(generation.number(), worldSize, start.step(), bytesPerRank);
  }
}
