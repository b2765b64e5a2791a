package dev.muster.cli.abort;

import java.util.ArrayList;
import java.util.List;

/** What was measured, as lines. */
public final class AbortReport {
  private static final int WAKE_UPS = 1_000;
  private static final long FILES_SLACK = 2; // a class file or a stream that is opened meanwhile
  private static final long THREADS_SLACK = 3; // compiler threads come and go

  private AbortReport() {}

  /** How fast this machine wakes a thread. */
  public static List<String> machine() throws InterruptedException {
    return List.of(
        "this machine: unpark to return: " + WakeUps.unparks(WAKE_UPS),
        "this machine: a park of 50 us takes longer by: " + WakeUps.parks(WAKE_UPS));
  }

  public static List<String> lines(String what, AbortBench.Plan plan, AbortBench.Result result) {
    String head =
        "%s (%d ranks, %d processes): ".formatted(what, plan.worldSize(), plan.processes());
    var lines = new ArrayList<String>();
    lines.add(head + "abort by the monitor to return: " + result.byMonitor());
    lines.add(head + "abort by a peer to return: " + result.byPeer());
    lines.add(head + "order to join, to all joined: " + result.rebuilds());
    lines.add(
        head
            + "after %d rebuilds: files, mappings, threads of each process before %s, after %s"
                .formatted(result.rebuilds().count(), result.before(), result.after())
            + "; left in the folder: "
            + result.left());
    leaks(result).forEach(leak -> lines.add("LEAK: " + leak));
    return lines;
  }

  /** Empty when everything was given back. */
  public static List<String> leaks(AbortBench.Result result) {
    var leaks = new ArrayList<String>();
    for (int host = 0; host < result.before().size(); host++) {
      var before = result.before().get(host);
      var after = result.after().get(host);
      if (after.mappings() != 0
          || after.files() > before.files() + FILES_SLACK
          || after.threads() > before.threads() + THREADS_SLACK) {
        leaks.add("process %d: before=%s after=%s".formatted(host, before, after));
      }
    }
    if (!result.left().isEmpty()) {
      leaks.add("files in the folder: " + result.left());
    }
    return leaks;
  }

  public static List<String> lines(KillCampaign.Result result) {
    var lines = new ArrayList<String>();
    lines.add("revoke to return of a survivor: " + result.returns());
    lines.add("the dead was in: " + result.calls());
    lines.add(
        "rounds in which the recorders were waited for, and named the dead: " + result.named());
    lines.add("left in the folder: " + result.left());
    result.faults().forEach(fault -> lines.add("FAULT: " + fault));
    lines.add("faults: " + result.faults().size());
    return lines;
  }
}
