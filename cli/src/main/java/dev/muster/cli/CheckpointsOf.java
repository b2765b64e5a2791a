package dev.muster.cli;

import picocli.CommandLine.Parameters;

/** Whose checkpoints a command is about. */
final class CheckpointsOf {
  @Parameters(
      arity = "0..1",
      paramLabel = "RUN|FOLDER",
      description = "Run id, run folder, or folder of checkpoints. Default: the newest run.")
  private String where;

  CheckpointFolder folder() {
    return CheckpointFolder.find(where);
  }
}
