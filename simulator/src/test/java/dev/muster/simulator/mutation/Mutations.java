package dev.muster.simulator.mutation;

import java.util.List;

/** Bugs to plant. */
final class Mutations {
  private static final String JOB = "master/src/main/java/dev/muster/master/job/";
  private static final String HEALTH = "master/src/main/java/dev/muster/master/health/";
  private static final String AGENT = "worker/src/main/java/dev/muster/worker/agent/";

  private static final String MEMORY = "master/src/main/java/dev/muster/master/checkpoint/";

  private Mutations() {}

  /** Random drills have to find each of them. */
  static final List<Mutation> FOUND =
      List.of(
          new Mutation(
              "a group ends with its first acknowledgement",
              JOB + "TrainingGroup.java",
              "if (revocation.answered() && (",
              "if ((true) && ("),
          new Mutation(
              "a member that ends is not missed while its group forms",
              JOB + "TrainingGroup.java",
              "} else if (state.grouped() || state.phase == Phase.ORDERED) {",
              "} else if (state.phase == Phase.TRAINING) {"),
          new Mutation(
              "whoever comes first gives the state",
              JOB + "StartChoice.java",
              "      if (step > best) {",
              "      if (step > best && best == 0) {"),
          new Mutation(
              "nobody needs the state",
              JOB + "StartChoice.java",
              "best == 0 ? List.of() : List.copyOf(need)",
              "List.of()"),
          new Mutation(
              "a lost node that holds the newest step is not waited for",
              JOB + "Formation.java",
              "node -> leaseLeftNs(node, nowNs) > 0);",
              "node -> false);"),
          new Mutation(
              "generations do not grow",
              JOB + "Formation.java",
              "state.highest = state.highest.next();",
              ""),
          new Mutation(
              "committed steps of survivors are forgotten",
              JOB + "TrainingGroup.java",
              ".ifPresent(w -> state.fleet.holds(w, survivor.appliedStep()));\n"
                  + "      if (revoked.inDoubt",
              ".ifPresent(w -> state.fleet.holds(w, 0));\n      if (revoked.inDoubt"),
          new Mutation(
              "condemned workers are taken into groups",
              JOB + "Fleet.java",
              "return !condemned() && !finished && node.usable();",
              "return !finished && node.usable();"),
          new Mutation(
              "a group may be smaller than the minimum",
              JOB + "Regroup.java",
              "return Rendezvous.Policy.of(minWorkers, workers, lastCallNs, waitForWorkersNs);",
              "return Rendezvous.Policy.of(1, workers, lastCallNs, waitForWorkersNs);"),
          new Mutation(
              "lost workers are not replaced",
              JOB + "Staffing.java",
              "return Math.max(0, wanted - view.alive());",
              "return view.first() ? Math.max(0, wanted - view.alive()) : 0;"),
          new Mutation(
              "workers that an agent no longer has are kept",
              JOB + "Membership.java",
              "if (!has(register, worker.id)) {",
              "if (false) {"),
          new Mutation(
              "a worker that never gets ready is waited for without end",
              JOB + "Membership.java",
              ".filter(w -> !w.ready())",
              ".filter(w -> false)"),
          new Mutation(
              "deadlines are not in the journal",
              JOB + "Job.java",
              "case HealthCheck() -> false;",
              "case HealthCheck() -> false;\n      case Overdue _ -> false;"),
          new Mutation(
              "what beats changed is not in the journal",
              JOB + "Job.java",
              ".takeBeats(committedStep)",
              ".takeBeats(committedStep).filter(b -> false)"),
          new Mutation(
              "a silent node stays up",
              HEALTH + "NodeHealth.java",
              "return linked ? beatTimeoutNs :",
              "return linked ? 100 * beatTimeoutNs :"),
          new Mutation(
              "a lease is taken for over when half of it is",
              HEALTH + "NodeHealth.java",
              ": OptionalLong.of(leasedNs(entry) + policy.leaseNs() + policy.driftNs());",
              ": OptionalLong.of(leasedNs(entry) + policy.leaseNs() / 2);"),
          new Mutation(
              "a lease counts from its acknowledgement",
              AGENT + "MasterLink.java",
              "      lease = lease.sent(digest.sequence(), fx.nowNs());",
              "      lease = lease.sent(digest.sequence(), fx.nowNs() + welcome.leaseNs());"),
          new Mutation(
              "a revoke is acknowledged and not obeyed",
              AGENT + "GroupDuty.java",
              "    revoke(order.reason(), fx);\n    answerIfKnown(fx);",
              "    answerDue = true;\n    answerIfKnown(fx);"),
          new Mutation(
              "hangs are not looked for",
              AGENT + "HangWatch.java",
              "    if (active) {",
              "    if (false) {"),
          new Mutation(
              "only the first node hears of a group",
              JOB + "TrainingGroup.java",
              "    for (var node : state.group().nodes()) {\n      form(node, fx);\n    }",
              "    form(state.group().nodes().getFirst(), fx);"),
          new Mutation(
              "a node that comes back is not told that its group has ended",
              JOB + "TrainingGroup.java",
              "      state.order(fx, node, new ToAgent.Revoke(state.group().generation(),"
                  + " state.clock.cause));",
              ""),
          new Mutation(
              "what a lost node holds is forgotten",
              JOB + "Membership.java",
              "    workers.forEach(this::remember);",
              ""),
          new Mutation(
              "a newcomer cut short claims the state",
              AGENT + "LocalGroup.java",
              "    return committed > start.step()\n",
              "    return true || committed > start.step()\n"),
          new Mutation(
              "a survivor forgets what it holds",
              AGENT + "GroupDuty.java",
              "w.holding(holds ? committedStep : -1)",
              "w.holding(-1)"),
          new Mutation(
              "an agent registers once in its life",
              AGENT + "MasterLink.java",
              "    up = true;\n    registered = false;",
              "    up = true;"),
          new Mutation(
              "a revoke is never acknowledged",
              AGENT + "GroupDuty.java",
              "    if (!orderedUpTo.equals(Generation.NONE)) {",
              "    if (false) {"),
          new Mutation(
              "starting workers are not counted",
              JOB + "Staffing.java",
              "return members + ready + starting;",
              "return members + ready;"),
          new Mutation(
              "a hang verdict kills nobody",
              JOB + "TrainingGroup.java",
              "state.order(fx, hung.worker().node(), new ToAgent.Kill(hung.worker(), 0,"
                  + " \"hangs\"));",
              ""),
          new Mutation(
              "the end of a worker is lost with the link",
              AGENT + "MasterLink.java",
              "        || message instanceof ToMaster.WorkerExited\n",
              ""),
          new Mutation(
              "what could not be read is offered again",
              MEMORY + "CheckpointLedger.java",
              "    choice.nodes().forEach(n -> unreadable.add(key(Medium.MEMORY, choice.point(),"
                  + " n.name())));\n",
              ""),
          new Mutation(
              "a state of a history that was given up is offered",
              MEMORY + "CheckpointLedger.java",
              "return next == null || point.step() <= next.getValue();",
              "return true;"));

  /**
   * Random drills do not find these, in 200 seeds: something else makes up for them, what they need
   * is rarer than that, or no check looks there yet.
   */
  static final List<Mutation> UNNOTICED =
      List.of(
          new Mutation(
              "silent nodes are left out though nobody acknowledged",
              JOB + "TrainingGroup.java",
              "if (state.fenced || revocation.holds(state.committedStep)) {",
              "if (true) {"),
          new Mutation(
              "the end of a lease is not waited for",
              JOB + "TrainingGroup.java",
              ".map(atNs -> Math.max(0, atNs - nowNs))",
              ".map(atNs -> 0L)"),
          new Mutation(
              "an agent registers twice on one link",
              AGENT + "MasterLink.java",
              "if (up && !registered) {",
              "if (up) {"),
          new Mutation(
              "clocks are taken for equally fast",
              HEALTH + "NodeHealth.java",
              ": OptionalLong.of(leasedNs(entry) + policy.leaseNs() + policy.driftNs());",
              ": OptionalLong.of(leasedNs(entry) + policy.leaseNs());"),
          new Mutation(
              "an agent obeys orders of older generations",
              AGENT + "MasterLink.java",
              "if (generation.isBefore(seen)) {",
              "if (false) {"),
          new Mutation(
              "an agent obeys after its lease",
              AGENT + "Agent.java",
              "} else if (begins(order) && link.leaseExpired(fx)) {",
              "} else if (false) {"),
          new Mutation(
              "an agent does not tell what the former master may have missed",
              AGENT + "GroupDuty.java",
              "    repeatMilestones(fx);\n    answerDue =",
              "    answerDue ="),
          new Mutation(
              "a group begins though a member is gone",
              AGENT + "GroupDuty.java",
              "    revokeIfMemberMissing(fx);\n  }\n\n  /** Who has not",
              "  }\n\n  /** Who has not"),
          new Mutation(
              "a node that comes back is not told of the group",
              JOB + "TrainingGroup.java",
              "&& register.seen().isBefore(state.group().generation())) {",
              "&& false) {"),
          new Mutation(
              "what a lost node holds is forgotten when the next group has joined",
              JOB + "TrainingGroup.java",
              "    if (milestone == Milestone.RESTORED) {\n      state.fleet.restored(step);",
              "    if (milestone == Milestone.JOINED) {\n"
                  + "      state.lostHolders.forget(node -> true);\n"
                  + "    } else if (milestone == Milestone.RESTORED) {\n"
                  + "      state.fleet.restored(step);"),
          new Mutation(
              "a spare that alone holds steps is overlooked",
              JOB + "Formation.java",
              "if (newest > 0 && chosen",
              "if (false && chosen"),
          new Mutation(
              "an agent forgets which generation it has seen",
              AGENT + "MasterLink.java",
              "    seen = generation;\n    return true;",
              "    return true;"));
}
