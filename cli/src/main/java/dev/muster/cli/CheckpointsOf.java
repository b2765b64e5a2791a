package dev.muster.cli;

import picocli.CommandLine.Parameters;

/** Whose checkpoints a command is about. */
final class CheckpointsOf {
  @Parameters(
      arity = "0..1",
      paramLabel = "RUN|FOLDER|URI",
      description =
          "Run id, run folder, or where checkpoints are: a folder, s3://BUCKET/PREFIX. Default: the"
              + " newest run.")
  private String where;

  CheckpointFolder folder() {
    return CheckpointFolder.find(where);
  }
}
