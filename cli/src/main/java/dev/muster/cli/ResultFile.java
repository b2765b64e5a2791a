package dev.muster.cli;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import picocli.CommandLine.Model.CommandSpec;

/** What a benchmark prints, and keeps in a file if it is asked to. */
final class ResultFile {
  private final CommandSpec spec;
  private final StringWriter text = new StringWriter();

  ResultFile(CommandSpec spec) {
    this.spec = spec;
  }

  /** The line that repeats it. */
  void sayCommand() {
    var arguments = spec.root().commandLine().getParseResult().originalArgs();
    say("command: ./muster " + String.join(" ", arguments));
  }

  void say(String line) {
    var out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
    text.write(line + "\n");
  }

  /**
   * Adds all that was said to {@code <name>_<cores>-cores_<date>.txt}.
   *
   * @param folder null for none
   */
  void keep(Path folder) throws IOException {
    if (folder == null) {
      return;
    }
    var name = spec.name() + "_" + Runtime.getRuntime().availableProcessors() + "-cores_";
    var file = folder.resolve(name + LocalDate.now() + ".txt");
    Files.writeString(file, text.toString(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
