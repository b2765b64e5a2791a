package dev.muster.protocol.job;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the user asks for; immutable, validated by {@link JobSpecReader} before it is built.
 *
 * @param name shown in status and reports
 * @param seed every random draw of the job derives from it
 * @param steps steps to commit, at least 1; ignored for plain commands
 * @param workers world size aimed at
 * @param minWorkers fewest that may proceed, 1 to workers
 * @param spares warm spares kept ready beside the group
 * @param replace whether a lost worker is replaced; otherwise the group shrinks down to {@code
 *     minWorkers}
 * @param maxRestarts user errors (a trainer that throws or exits non-zero) tolerated before the job
 *     fails
 * @param maxInfrastructureFailures losses that are not the user's fault tolerated before the job is
 *     handed back (exit code 75)
 * @param waitForWorkersNs how long a group below {@code minWorkers} waits before the job is handed
 *     back
 * @param lastCallNs how long a group at or above the minimum waits for more; too short: needless
 *     re-forming, too long: idle GPUs
 * @param startTimeoutNs how long a launched process may take to be ready; too short: slow machines
 *     never start, too long: a stuck start is noticed late
 * @param graceNs between SIGTERM and SIGKILL
 * @param hang when a worker counts as hung
 * @param faults what {@code --fail} injects
 * @param checkpoint when the state is saved and where
 * @param data who uses which samples of a step
 * @param worker what a worker process is
 */
public record JobSpec(
    String name,
    long seed,
    long steps,
    int workers,
    int minWorkers,
    int spares,
    boolean replace,
    int maxRestarts,
    int maxInfrastructureFailures,
    long waitForWorkersNs,
    long lastCallNs,
    long startTimeoutNs,
    long graceNs,
    Hang hang,
    List<Fault> faults,
    Checkpoint checkpoint,
    Data data,
    WorkerSpec worker) {

  public JobSpec {
    faults = List.copyOf(faults);
  }

  /** With equal shares of each step. */
  public JobSpec(
      String name,
      long seed,
      long steps,
      int workers,
      int minWorkers,
      int spares,
      boolean replace,
      int maxRestarts,
      int maxInfrastructureFailures,
      long waitForWorkersNs,
      long lastCallNs,
      long startTimeoutNs,
      long graceNs,
      Hang hang,
      List<Fault> faults,
      Checkpoint checkpoint,
      WorkerSpec worker) {
    this(
        name,
        seed,
        steps,
        workers,
        minWorkers,
        spares,
        replace,
        maxRestarts,
        maxInfrastructureFailures,
        waitForWorkersNs,
        lastCallNs,
        startTimeoutNs,
        graceNs,
        hang,
        faults,
        checkpoint,
        Data.STEP,
        worker);
  }

  /** Without checkpoints. */
  public JobSpec(
      String name,
      long seed,
      long steps,
      int workers,
      int minWorkers,
      int spares,
      boolean replace,
      int maxRestarts,
      int maxInfrastructureFailures,
      long waitForWorkersNs,
      long lastCallNs,
      long startTimeoutNs,
      long graceNs,
      Hang hang,
      List<Fault> faults,
      WorkerSpec worker) {
    this(
        name,
        seed,
        steps,
        workers,
        minWorkers,
        spares,
        replace,
        maxRestarts,
        maxInfrastructureFailures,
        waitForWorkersNs,
        lastCallNs,
        startTimeoutNs,
        graceNs,
        hang,
        faults,
        Checkpoint.OFF,
        worker);
  }

  public JobSpec with(Checkpoint other) {
    return new JobSpec(
        name,
        seed,
        steps,
        workers,
        minWorkers,
        spares,
        replace,
        maxRestarts,
        maxInfrastructureFailures,
        waitForWorkersNs,
        lastCallNs,
        startTimeoutNs,
        graceNs,
        hang,
        faults,
        other,
        data,
        worker);
  }

  /** With samples used in another way. */
  public JobSpec with(Data other) {
    return new JobSpec(
        name,
        seed,
        steps,
        workers,
        minWorkers,
        spares,
        replace,
        maxRestarts,
        maxInfrastructureFailures,
        waitForWorkersNs,
        lastCallNs,
        startTimeoutNs,
        graceNs,
        hang,
        faults,
        checkpoint,
        other,
        worker);
  }

  /**
   * Who uses which samples of a step.
   *
   * @param rangeSize most samples that a rank takes at once; 0: all ranks have equal shares
   */
  public record Data(int rangeSize) {
    public static final Data STEP = new Data(0);

    /** Ranks take ranges of a step as they have room. */
    public boolean leased() {
      return rangeSize > 0;
    }
  }

  /**
   * When the state is saved, and where; of managed workers.
   *
   * @param memoryEvery steps between two snapshots in the host's memory; 0: none, and nothing is
   *     persisted either; {@link #AUTO}
   * @param persistNs between two checkpoints on storage; 0: none, also not at the end; {@link
   *     #AUTO}
   * @param copies of each snapshot in the memory of different nodes, the own one included; 1: no
   *     others
   * @param copyNs between two rounds of copies to peers; 0: none; {@link #AUTO}
   * @param keepLast how many of the newest stay on storage, at least 1
   * @param keepEvery checkpoints whose step is a multiple of it stay as well; 0: none
   * @param folder of the storage; empty: in the run folder
   */
  public record Checkpoint(
      int memoryEvery,
      int copies,
      long copyNs,
      long persistNs,
      int keepLast,
      long keepEvery,
      String folder) {
    /** In the place of an interval: the master chooses it from cost and failures it has seen. */
    public static final int AUTO = -1;

    public static final Checkpoint OFF = new Checkpoint(0, 0, 1, 0, "");

    /** Without copies at peers. */
    public Checkpoint(
        int memoryEvery, long persistNs, int keepLast, long keepEvery, String folder) {
      this(memoryEvery, 1, 0, persistNs, keepLast, keepEvery, folder);
    }

    /** Whether there are snapshots at all. */
    public boolean saves() {
      return memoryEvery != 0;
    }

    /** Whether snapshots go on to storage. */
    public boolean persists() {
      return saves() && persistNs != 0;
    }

    /** Whether snapshots are copied to peers. */
    public boolean copied() {
      return saves() && copies > 1 && copyNs != 0;
    }
  }

  /**
   * Hang rule: no progress for max(factor × p99 step time, floor).
   *
   * @param factor too small: false verdicts on uneven steps, too large: hours lost
   * @param floorNs no verdict before this
   */
  public record Hang(double factor, long floorNs) {}

  /** Kill {@code rank} with SIGKILL when it starts {@code step}; fires once. */
  public record Fault(int rank, long step) {}

  /**
   * What one rank runs.
   *
   * @param managed speaks the worker protocol: joins groups, keeps its process across recoveries;
   *     otherwise a plain command, restarted whole
   * @param command program and arguments
   * @param environment added to the agent's own
   * @param settings handed to a managed worker at its welcome (model, data file, learning rate, …)
   * @param sharedBytesPerRank upper bound of what a rank may allocate in the shared region
   * @param gpus whether its groups also move tensors that lie on GPUs
   * @param store who serves the store through which ranks of a plain command meet
   */
  public record WorkerSpec(
      boolean managed,
      List<String> command,
      Map<String, String> environment,
      Map<String, String> settings,
      long sharedBytesPerRank,
      Gpus gpus,
      Store store) {
    public WorkerSpec {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
      settings = Map.copyOf(settings);
    }

    /** Whose tensors are moved by the CPU. */
    public WorkerSpec(
        boolean managed,
        List<String> command,
        Map<String, String> environment,
        Map<String, String> settings,
        long sharedBytesPerRank) {
      this(managed, command, environment, settings, sharedBytesPerRank, Gpus.OFF);
    }

    /** Whose ranks meet at their agent's store. */
    public WorkerSpec(
        boolean managed,
        List<String> command,
        Map<String, String> environment,
        Map<String, String> settings,
        long sharedBytesPerRank,
        Gpus gpus) {
      this(managed, command, environment, settings, sharedBytesPerRank, gpus, Store.AGENT);
    }
  }

  /** Who moves tensors between GPUs. */
  public enum Gpus {
    /** Nobody: groups are of the CPU alone. */
    OFF("off"),
    /** NCCL in every group all of whose members have it and a GPU; the others are of the CPU. */
    AUTO("auto"),
    /** NCCL; a worker without it or without a GPU fails. */
    NCCL("nccl");

    private final String word;

    Gpus(String word) {
      this.word = word;
    }

    /** As settings and the worker protocol have it. */
    public String word() {
      return word;
    }

    /** The inverse of {@link #word}. */
    public static Gpus of(String word) {
      return Arrays.stream(values()).filter(g -> g.word.equals(word)).findFirst().orElseThrow();
    }
  }

  /** Who serves c10d's store for the ranks of a plain command. */
  public enum Store {
    /** The agent on the node of rank 0, a new one for each generation. */
    AGENT,
    /** Rank 0 itself. */
    TRAINER
  }
}
