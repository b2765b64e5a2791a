package dev.muster.master.report;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventLog;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;

/** {@code events.jsonl}, {@code progress.json} and {@code result.json} of a run folder. */
public final class RunFolderOutlet implements RunReport.Outlet {
  private final RunFolder folder;
  private final EventLog events;

  public RunFolderOutlet(RunFolder folder) throws IOException {
    this.folder = folder;
    this.events = EventLog.open(folder.events());
  }

  @Override
  public void event(Event event) throws IOException {
    events.append(event);
  }

  @Override
  public void progress(Progress progress) throws IOException {
    RunFiles.write(folder.progress(), progress);
  }

  @Override
  public void result(Result result) throws IOException {
    RunFiles.write(folder.result(), result);
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
