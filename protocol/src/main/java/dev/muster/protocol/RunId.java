package dev.muster.protocol;

/** Name of one run; the same after {@code --resume}. Names the run folder and the folder of its sockets and segments. */
public record RunId(String name) {
  public RunId {
    if (!Names.valid(name, 48)) {
      throw new IllegalArgumentException("bad run id: name=" + name + "; use letters, digits, '_' and, not first, '.' and '-'");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
