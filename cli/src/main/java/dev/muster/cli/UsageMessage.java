package dev.muster.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** One clear message for a wrong command line, with the nearest known flag or command. Pure. */
final class UsageMessage {
  private UsageMessage() {}

  static String of(CommandLine.ParameterException error, String[] arguments) {
    if (error instanceof CommandLine.UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    return firstLine(error.getMessage()).replace("option option", "option");
  }

  private static String unmatched(CommandLine.UnmatchedArgumentException error) {
    var word = error.getUnmatched().getFirst();
    var name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
    boolean flag = name.startsWith("-");
    var known = flag ? flags(error.getCommandLine()) : commands(error.getCommandLine());
    return "unknown "
        + (flag ? "flag: " : known.isEmpty() ? "argument: " : "command: ")
        + name
        + nearest(name.replace('_', '-'), known)
            .map(near -> "; did you mean " + near + "?")
            .orElse("");
  }

  private static List<String> flags(CommandLine command) {
    var names = new ArrayList<String>();
    for (var option : command.getCommandSpec().options()) {
      if (!option.hidden()) {
        names.addAll(List.of(option.names()));
      }
    }
    return names;
  }

  private static List<String> commands(CommandLine command) {
    return List.copyOf(command.getSubcommands().keySet());
  }

  /** The known word with the fewest edits, unless even that one is mostly different. */
  static Optional<String> nearest(String word, List<String> known) {
    return known.stream()
        .min(Comparator.comparingInt((String k) -> distance(word, k)).thenComparing(k -> k))
        .filter(k -> distance(word, k) <= Math.max(2, word.length() / 2));
  }

  /** Levenshtein's: insertions, deletions and replacements that turn one word into the other. */
  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  private static String firstLine(String text) {
    return text == null ? "bad command line" : text.lines().findFirst().orElse("bad command line");
  }
}
