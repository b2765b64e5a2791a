package dev.muster.protocol;

/**
 * Name of one run; the same after {@code --resume}. Names the run folder and the folder of its
 * sockets and segments.
 */
public record RunId(String name) {
  public RunId {
    if (!valid(name)) {
      throw new IllegalArgumentException(
          "bad run id: name=" + name + "; use letters, digits, '_' and, not first, '.' and '-'");
    }
  }

  /** Whether {@code name} may name a run: at most 48 characters that are safe in a path. */
  public static boolean valid(String name) {
    return Names.valid(name, 48);
  }

  @Override
  public String toString() {
    return name;
  }
}
