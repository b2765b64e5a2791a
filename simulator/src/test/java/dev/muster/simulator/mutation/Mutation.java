package dev.muster.simulator.mutation;

/**
 * A bug to plant in a core.
 *
 * @param name what is wrong then
 * @param file of the project's sources
 * @param from occurs once in it
 * @param to takes its place
 */
record Mutation(String name, String file, String from, String to) {

  /** The source with the bug. */
  String applied(String source) {
    int at = source.indexOf(from);
    if (at < 0 || source.indexOf(from, at + 1) >= 0) {
      throw new IllegalStateException(
          "the mutation does not fit its source any more: name=%s file=%s".formatted(name, file));
    }
    return source.substring(0, at) + to + source.substring(at + from.length());
  }

  @Override
  public String toString() {
    return name;
  }
}
