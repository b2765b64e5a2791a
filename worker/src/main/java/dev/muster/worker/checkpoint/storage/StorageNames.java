package dev.muster.worker.checkpoint.storage;

import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Names below the root of a {@link PosixStorage}. Whatever is named otherwise is not ours. */
final class StorageNames {
  private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
  private static final Pattern STEP = Pattern.compile("step-" + NUMBER);
  private static final String FILE =
      "(shard-(?:0|[1-9][0-9]{0,8})\\.safetensors|"
          + Pattern.quote(CheckpointStorage.MANIFEST)
          + ")";
  private static final Pattern FINISHED = Pattern.compile(FILE);
  private static final Pattern TEMPORARY =
      Pattern.compile("\\." + FILE + "\\.g" + NUMBER + "\\.tmp");

  private StorageNames() {}

  static String step(long step) {
    return "step-" + step;
  }

  static OptionalLong stepOf(String directory) {
    var match = STEP.matcher(directory);
    return match.matches() ? OptionalLong.of(Long.parseLong(match.group(1))) : OptionalLong.empty();
  }

  /** Hidden, and another for each generation: two of them never write into one file. */
  static String temporary(String file, long generation) {
    return "." + file + ".g" + generation + ".tmp";
  }

  /** The generation that writes {@code file} under this temporary name. */
  static OptionalLong generationOf(String name, String file) {
    var match = TEMPORARY.matcher(name);
    return match.matches() && match.group(1).equals(file)
        ? OptionalLong.of(Long.parseLong(match.group(2)))
        : OptionalLong.empty();
  }

  static boolean shard(String name) {
    return FINISHED.matcher(name).matches() && !name.equals(CheckpointStorage.MANIFEST);
  }

  static boolean ours(String name) {
    return FINISHED.matcher(name).matches() || TEMPORARY.matcher(name).matches();
  }
}
