package dev.muster.master.rendezvous;

import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which of the workers that are present would form the group now, and in which order.
 *
 * <p>Members of the former group come first, then whoever came earlier. With a segment each domain
 * supplies a multiple of it, the domains with most workers first, so that a group spans few of
 * them. The order of the group is stable: survivors in their former order, then newcomers by domain
 * and id.
 */
final class Selection implements Turnout {
  private final Arrivals arrivals;
  private final Rendezvous.Policy policy;
  private final Map<WorkerId, Integer> formerRank = new HashMap<>();
  private final List<WorkerId> counting;
  private final List<WorkerId> chosen;
  private final long nowNs;

  Selection(Arrivals arrivals, Rendezvous.Policy policy, long nowNs) {
    this.arrivals = arrivals;
    this.policy = policy;
    this.nowNs = nowNs;
    for (WorkerId worker : arrivals.previous()) {
      formerRank.put(worker, formerRank.size());
    }
    this.counting =
        arrivals.present().keySet().stream()
            .filter(w -> arrivals.counts(w, nowNs))
            .sorted(preference())
            .toList();
    this.chosen = choose();
  }

  @Override
  public long openedNs() {
    return arrivals.openedNs();
  }

  @Override
  public int present() {
    return arrivals.present().size();
  }

  @Override
  public int usable() {
    return chosen.size();
  }

  private Comparator<WorkerId> preference() {
    return Comparator.<WorkerId>comparingInt(this::formerRank)
        .thenComparingLong(arrivals::countsFromNs)
        .thenComparing(Comparator.naturalOrder());
  }

  private Comparator<WorkerId> rankOrder() {
    return Comparator.<WorkerId>comparingInt(this::formerRank)
        .thenComparing(worker -> arrivals.present().get(worker).domain())
        .thenComparing(Comparator.naturalOrder());
  }

  private int formerRank(WorkerId worker) {
    return formerRank.getOrDefault(worker, Integer.MAX_VALUE);
  }

  /** May be smaller than the minimum. */
  @Override
  public List<WorkerId> group() {
    return chosen.stream().sorted(rankOrder()).toList();
  }

  private List<WorkerId> choose() {
    if (policy.segment() == 1) {
      return counting.subList(0, Math.min(policy.maxWorkers(), counting.size()));
    }
    var chosen = new ArrayList<WorkerId>();
    for (List<WorkerId> domain : domainsBySupply()) {
      int room = policy.maxWorkers() - chosen.size();
      chosen.addAll(domain.subList(0, wholeSegments(Math.min(room, domain.size()))));
    }
    return chosen;
  }

  private List<List<WorkerId>> domainsBySupply() {
    var domains = new TreeMap<String, List<WorkerId>>();
    for (WorkerId worker : counting) {
      domains
          .computeIfAbsent(arrivals.present().get(worker).domain(), d -> new ArrayList<>())
          .add(worker);
    }
    return domains.values().stream()
        .sorted(Comparator.comparingInt((List<WorkerId> domain) -> -wholeSegments(domain.size())))
        .toList();
  }

  private int wholeSegments(int workers) {
    return workers - workers % policy.segment();
  }

  @Override
  public int capacity() {
    return wholeSegments(policy.maxWorkers());
  }

  @Override
  public OptionalLong enoughSinceNs() {
    var supply = new HashMap<String, Integer>();
    int usable = 0;
    for (WorkerId worker :
        counting.stream().sorted(Comparator.comparingLong(arrivals::countsFromNs)).toList()) {
      int inDomain = supply.merge(arrivals.present().get(worker).domain(), 1, Integer::sum);
      usable += wholeSegments(inDomain) - wholeSegments(inDomain - 1);
      if (usable >= policy.minWorkers()) {
        return OptionalLong.of(arrivals.countsFromNs(worker));
      }
    }
    return OptionalLong.empty();
  }

  @Override
  public int formerMembers() {
    return arrivals.previous().size();
  }

  @Override
  public boolean allFormerMembersBack() {
    Set<WorkerId> here = new HashSet<>(counting);
    return !arrivals.previous().isEmpty() && here.containsAll(arrivals.previous());
  }

  @Override
  public int excluded() {
    return arrivals.present().size() - counting.size();
  }

  @Override
  public long nextReturnNs() {
    return arrivals.present().keySet().stream()
        .filter(worker -> !arrivals.counts(worker, nowNs))
        .mapToLong(arrivals::countsFromNs)
        .filter(untilNs -> untilNs != Arrivals.FOREVER)
        .map(untilNs -> untilNs - nowNs)
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
