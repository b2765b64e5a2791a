package dev.muster.protocol;

/** Name of one run; the same after {@code --resume}. Names the run folder and the folder of its sockets and segments. */
public record RunId(String name) {
  public RunId {
    if (!name.matches("[A-Za-z0-9._-]{1,48}")) {
      throw new IllegalArgumentException("bad run id: name=" + name + "; use letters, digits, '.', '_', '-'");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
