package dev.muster.cli.process;

import dev.muster.cli.ExitCodes;
import dev.muster.cli.console.EventLine;
import dev.muster.cli.console.ProgressLine;
import dev.muster.cli.console.Screen;
import dev.muster.cli.console.Summary;
import dev.muster.cli.torchrun.RankOutput;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Follows a run from its first group to its result: progress, events, output of the workers; passes
 * Ctrl-C on. One thread.
 */
public final class RunSession {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PLAIN_LINE_NS = TimeUnit.SECONDS.toNanos(5);
  private static final long FULL_BYTES = 1L << 20;
  private static final long END_NS = TimeUnit.SECONDS.toNanos(20);

  private final RunFolder folder;
  private final RunProcesses processes;
  private final Interrupts interrupts;
  private final Screen screen;
  private final boolean reportsSteps;
  private final RunReader reader;
  private final WorkerOutput output;
  private final AttemptFolders attempts;

  private final long startedNs = System.nanoTime();
  private long plainLineDueNs = startedNs + PLAIN_LINE_NS;
  private long firstStep = -1;
  private long firstStepNs;
  private Progress progress = Progress.NONE;
  private int signal;

  /**
   * @param reportsSteps false for a plain command, whose output is shown instead
   * @param choice of that output
   * @param attempts where it is found as well
   */
  public RunSession(
      RunFolder folder,
      RunProcesses processes,
      Interrupts interrupts,
      Screen screen,
      boolean reportsSteps,
      RankOutput choice,
      AttemptFolders attempts) {
    this.folder = folder;
    this.processes = processes;
    this.interrupts = interrupts;
    this.screen = screen;
    this.reportsSteps = reportsSteps;
    this.reader = new RunReader(folder);
    this.output = new WorkerOutput(folder, choice);
    this.attempts = attempts;
  }

  /**
   * Events that a former master of this run wrote are no news.
   *
   * @return this
   */
  public RunSession afterOldEvents() throws IOException {
    reader.newEvents();
    return this;
  }

  /**
   * Until the result is there, the master is gone, or a second Ctrl-C. Returns the exit code of the
   * command.
   */
  public int follow() throws IOException, InterruptedException {
    while (true) {
      boolean alive =
          processes.masterAlive(); // before the result: a master that is gone wrote it earlier
      observe(false);
      var result = reader.result();
      if (result.isPresent()) {
        return end(result.get());
      }
      if (!alive) {
        return masterLost();
      }
      int next = interrupts.await(POLL_NS);
      if (next != 0 && signal != 0) {
        return killed();
      }
      if (next != 0) {
        signal = next;
        screen.line("stopping at the next step; again to kill");
        processes.stop();
      }
    }
  }

  /**
   * @param last nothing comes after it
   */
  private void observe(boolean last) throws IOException {
    for (var event : reader.newEvents()) {
      output.members(event);
      attempts.formed(event);
      EventLine.text(event).ifPresent(screen::line);
    }
    progress = reader.progress();
    if (!reportsSteps) {
      output.poll(last, screen::line);
    }
    showProgress();
  }

  private void showProgress() {
    if (progress == Progress.NONE) {
      return;
    }
    var line = line();
    screen.live(line);
    if (!screen.terminal() && System.nanoTime() - plainLineDueNs >= 0) {
      plainLineDueNs = System.nanoTime() + PLAIN_LINE_NS;
      screen.line(line);
    }
  }

  private String line() {
    long now = System.nanoTime();
    if (!reportsSteps) {
      return ProgressLine.plainCommand(progress, (now - startedNs) / 1e9);
    }
    if (progress.step() < firstStep) {
      firstStep = -1; // training began again
    }
    if (firstStep < 0 && progress.step() > 0) {
      firstStep = progress.step();
      firstStepNs = now;
    }
    long done = firstStep < 0 ? 0 : progress.step() - firstStep;
    return ProgressLine.text(progress, (now - firstStepNs) / 1e9, done);
  }

  private int end(Result result) throws IOException, InterruptedException {
    processes.awaitEnd(END_NS); // the last words of the workers are in their logs then
    observe(true);
    screen.settle();
    int exitCode = signal == 0 ? result.exitCode() : ExitCodes.signal(signal);
    Summary.lines(result, exitCode, folder.root().toString()).forEach(screen::line);
    return exitCode;
  }

  /**
   * The agents stay: they keep the workers stepping for the lease, and a resumed master takes them
   * over.
   */
  private int masterLost() {
    screen.settle();
    screen.line(
        "the master is gone without a result: pid file "
            + folder.master()
            + ", exit value "
            + processes.masterExitValue()
            + ", log "
            + folder.masterLog());
    if (folder.root().toFile().getUsableSpace() < FULL_BYTES) {
      screen.line("the disk is full: folder=" + folder.root() + "; free some before you go on");
    }
    screen.line(
        "the agents keep the workers stepping for the lease; go on with: ./muster run --resume "
            + RunsDirectory.nameOf(folder));
    return signal == 0 ? ExitCodes.REQUEUE : ExitCodes.signal(signal);
  }

  private int killed() throws IOException, InterruptedException {
    processes.kill();
    processes.awaitEnd(END_NS);
    screen.settle();
    screen.line("killed; files " + folder.root());
    return ExitCodes.signal(signal);
  }
}
