package dev.muster.collectives;

/** Handle of a collective that ran inside its call: there is nothing left to wait for. */
public enum CompletedWork implements Work {
  DONE;

  @Override
  public void await() {}

  @Override
  public boolean isDone() {
    return true;
  }
}
