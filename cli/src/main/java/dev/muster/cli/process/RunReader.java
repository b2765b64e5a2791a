package dev.muster.cli.process;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What the master writes into the run folder, read again and again. Single-threaded. */
final class RunReader {
  private final RunFolder folder;
  private final EventTail events;

  RunReader(RunFolder folder) {
    this.folder = folder;
    this.events = new EventTail(folder.events());
  }

  List<Event> newEvents() throws IOException {
    return events.poll();
  }

  Progress progress() throws IOException {
    return RunFiles.read(folder.progress(), Progress.class).orElse(Progress.NONE);
  }

  Optional<Result> result() throws IOException {
    return RunFiles.read(folder.result(), Result.class);
  }
}
