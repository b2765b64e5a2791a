package dev.muster.worker;

import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.worker.runtime.Fence;
import dev.muster.worker.runtime.WorkerRuntime;

/**
 * Makes a JVM program a worker: one call, from its main method.
 *
 * <pre>{@code
 * public static void main(String[] args) {
 *   Muster.train((settings, seed) -> new MyTrainer(settings, seed));
 * }
 * }</pre>
 */
public final class Muster {
  private static final int USER_ERROR = 1;
  private static final int USAGE = 2;

  private Muster() {}

  /**
   * Trains in the groups that the agent named in the environment forms, until the last step or
   * until told to stop; the calling thread is the step thread. Ends the process with 1 when the
   * trainer throws (reported to the agent with its stack trace), and halts it as soon as the agent
   * is gone or its lease has run out.
   */
  public static void train(TrainerFactory factory) {
    Connection connection;
    try {
      connection = Connection.fromEnvironment(System.getenv());
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(USAGE);
      return;
    }
    try {
      WorkerRuntime.run(factory, connection, new SharedMemoryGroups(), Fence.process());
    } catch (FencedException e) {
      Fence.process().fenced(e.getMessage());
    } catch (Throwable e) {
      e.printStackTrace();
      System.exit(
          USER_ERROR); // not a plain rethrow: a library's non-daemon threads would keep the process
    }
  }

  /**
   * The same for a thread of a JVM that holds several workers: nothing ends the JVM.
   *
   * @throws FencedException the agent is gone or the lease has run out
   * @throws RuntimeException what the trainer threw; the agent knows it already
   */
  public static void train(TrainerFactory factory, Connection connection) {
    train(factory, connection, new SharedMemoryGroups());
  }

  /** With another way to form groups, for example between threads only. */
  public static void train(TrainerFactory factory, Connection connection, Groups groups) {
    WorkerRuntime.run(factory, connection, groups, Fence.embedded());
  }
}
