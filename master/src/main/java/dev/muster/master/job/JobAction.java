package dev.muster.master.job;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import java.util.function.Supplier;

/** What only the master's shell can do for a {@link Job}. */
public sealed interface JobAction extends Effects.Action {
  /**
   * Replace the published snapshot (progress.json, JMX).
   *
   * @param view makes it, which costs time with every rank; to be asked while the action is
   *     performed or never, since it reads the core
   */
  record Publish(Supplier<Progress> view) implements JobAction {
    public Progress progress() {
      return view.get();
    }
  }

  /** Close the link of a node that was given up; it reconnects and registers anew. */
  record Disconnect(NodeId node) implements JobAction {}

  /**
   * To an operator's request.
   *
   * @param accepted whether it is being done
   * @param text what is being done, or why nothing is
   */
  record Answer(long request, boolean accepted, String text) implements JobAction {}

  /** The run is over: write the result, then end the master. */
  record Finish(Result result) implements JobAction {}
}
