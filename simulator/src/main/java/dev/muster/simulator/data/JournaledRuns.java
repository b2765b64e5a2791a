package dev.muster.simulator.data;

import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which group committed which step, as the journal alone says: a step belongs to the last group
 * that began before it and got to a step at all.
 */
final class JournaledRuns {
  private static final Pattern FORMED =
      Pattern.compile("generation\\.formed: generation (\\d+): (\\d+) workers from step (\\d+):.*");

  private final TreeMap<Long, Formed> formed = new TreeMap<>();
  private final List<Formed> stepped = new ArrayList<>();

  /** A group of the journal. */
  private record Formed(long generation, int worldSize, long startStep) {}

  private JournaledRuns() {}

  /**
   * @param committed newest step
   */
  static List<GroupRun> of(List<JournalEntry> journal, long committed) {
    var runs = new JournaledRuns();
    journal.forEach(runs::take);
    return runs.upTo(committed);
  }

  private void take(JournalEntry entry) {
    entry.decisions().forEach(this::formed);
    if (entry.event() instanceof JobEvent.FromAgent(var _, var message)) {
      switch (message) {
        case ToMaster.Reached reached when reached.milestone() == Milestone.STEPPED ->
            stepped(reached.generation().number());
        case ToMaster.Revoked revoked ->
            revoked
                .survivors()
                .forEach(one -> held(revoked.generation().number(), one.appliedStep()));
        case ToMaster.WorkerExited exited ->
            held(exited.generation().number(), exited.appliedStep());
        case ToMaster.Register register ->
            register.workers().forEach(one -> held(one.generation().number(), one.appliedStep()));
        default -> {}
      }
    }
  }

  private void formed(String decision) {
    var groups = FORMED.matcher(decision);
    if (groups.matches()) {
      long generation = Long.parseLong(groups.group(1));
      formed.put(
          generation,
          new Formed(
              generation, Integer.parseInt(groups.group(2)), Long.parseLong(groups.group(3))));
    }
  }

  /** A member of the group tells what it holds; more than the first step only training gives. */
  private void held(long generation, long step) {
    var group = formed.get(generation);
    if (group != null && step > group.startStep()) {
      stepped(generation);
    }
  }

  private void stepped(long generation) {
    var group = formed.get(generation);
    if (group != null && (stepped.isEmpty() || stepped.getLast().generation() < generation)) {
      stepped.add(group);
    }
  }

  private List<GroupRun> upTo(long committed) {
    var runs = new ArrayList<GroupRun>();
    long to = committed;
    for (var group : stepped.reversed()) {
      if (group.startStep() < to) {
        runs.addFirst(new GroupRun(group.generation(), group.worldSize(), group.startStep(), to));
        to = group.startStep();
      }
    }
    return runs;
  }
}
