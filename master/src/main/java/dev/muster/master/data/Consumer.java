package dev.muster.master.data;

import dev.muster.protocol.WorkerId;

/** Who takes ranges: a worker, or a program outside of the job's group. */
public record Consumer(String name) implements Comparable<Consumer> {
  public static Consumer of(WorkerId worker) {
    return new Consumer(worker.toString());
  }

  @Override
  public int compareTo(Consumer other) {
    return name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return name;
  }
}
