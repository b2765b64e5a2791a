package dev.muster.master.quorum;

import dev.muster.master.quorum.Quorum.Participant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Who has the newest state, who lacks it, and from whom each takes it, as seen by one local rank of
 * the replicas. Local ranks use different sources for the same replica, so that the load spreads.
 *
 * <p>Source: TorchFT's role assignment. Places are indices into the quorum's members.
 *
 * @param maxStep the newest committed step
 * @param cohort replicas at that step
 * @param primary the one of them that reads what is read once for all
 * @param healers replicas that take the state, ascending
 * @param sources for each healer, the replica it takes the state from
 */
public record RecoveryPlan(
    long maxStep, List<Integer> cohort, int primary, List<Integer> healers, List<Integer> sources) {

  /**
   * @param members of the quorum, in its order; at least one
   * @param localRank 0-based place within a replica
   * @param startSync whether at step 0 everybody takes the primary's state, so that all start from
   *     the same parameters
   */
  public static RecoveryPlan of(List<Participant> members, int localRank, boolean startSync) {
    if (members.isEmpty() || localRank < 0) {
      throw new IllegalArgumentException(
          "no recovery to plan: members="
              + members.size()
              + " localRank="
              + localRank
              + "; needed are a member and a rank >= 0");
    }
    long maxStep = members.stream().mapToLong(Participant::step).max().getAsLong();
    List<Integer> cohort = places(members, p -> members.get(p).step() == maxStep);
    int primary = cohort.get(localRank % cohort.size());
    boolean syncAll = startSync && maxStep == 0;
    List<Integer> current = syncAll ? List.of(primary) : cohort;
    List<Integer> healers = places(members, p -> !current.contains(p));
    var sources = new ArrayList<Integer>();
    for (int i = 0; i < healers.size(); i++) {
      sources.add(current.get((i + localRank) % current.size()));
    }
    return new RecoveryPlan(maxStep, cohort, primary, healers, List.copyOf(sources));
  }

  /** Healers by the replica that serves them, both ascending. */
  public SortedMap<Integer, List<Integer>> bySource() {
    var bySource = new TreeMap<Integer, List<Integer>>();
    for (int i = 0; i < healers.size(); i++) {
      bySource.computeIfAbsent(sources.get(i), s -> new ArrayList<>()).add(healers.get(i));
    }
    return bySource;
  }

  public boolean heals(int place) {
    return healers.contains(place);
  }

  private static List<Integer> places(List<Participant> members, IntPredicate filter) {
    return IntStream.range(0, members.size()).filter(filter).boxed().toList();
  }
}
