package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.collectives.nccl.NcclCommunicator;
import dev.muster.collectives.nccl.NcclGroups;
import dev.muster.collectives.nccl.NcclLibrary;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.TrainerFactory;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this worker's groups do on GPUs: NCCL beside the group of the CPU, made anew in every
 * generation, as {@code muster.worker.gpus} says. Step thread only.
 */
final class Gpus {
  private static final Logger LOG = LoggerFactory.getLogger(Gpus.class);
  private static final long ALIGNMENT = 64;

  private final JobSpec.Gpus mode;
  private final Groups groups;
  private final String missing; // why NCCL cannot be used here; empty: it can

  private Gpus(JobSpec.Gpus mode, Groups groups, String missing) {
    this.mode = mode;
    this.groups = groups;
    this.missing = missing;
  }

  static Gpus none() {
    return new Gpus(JobSpec.Gpus.OFF, null, "");
  }

  /** Looks what this process has; a job that asks for no GPUs loads none of their libraries. */
  static Gpus of(ToWorker.Welcome welcome, Groups groups) {
    var mode = welcome.gpus() == null ? JobSpec.Gpus.OFF : JobSpec.Gpus.of(welcome.gpus());
    return mode == JobSpec.Gpus.OFF
        ? none()
        : new Gpus(mode, groups, NcclLibrary.missing().orElse(""));
  }

  /** A trainer is built only where the job's groups can be made; an error elsewhere. */
  TrainerFactory required(TrainerFactory factory, String worker) {
    return (settings, seed) -> {
      require(worker);
      return factory.create(settings, seed);
    };
  }

  private void require(String worker) {
    if (mode == JobSpec.Gpus.NCCL && !missing.isEmpty()) {
      throw new IllegalStateException(
          missing
              + "; worker="
              + worker
              + " muster.worker.gpus=nccl: it trains nothing; to train without GPUs where there are"
              + " none, set it to auto, or to off");
    }
  }

  /** A worker has its GPU from its first group on, so one that uses it cannot rehearse. */
  Runnable instead(Runnable rehearsal) {
    return mode == JobSpec.Gpus.OFF || !missing.isEmpty()
        ? rehearsal
        : () -> LOG.info("no rehearsal: a worker has no GPU before its first group");
  }

  /**
   * Every rank calls it once the group of the CPU is there.
   *
   * @return empty when the group has none: not asked for, or not all members can
   * @throws RuntimeException this rank failed, and with it the generation
   */
  Optional<NcclCommunicator> beside(
      Communicator group, Supplier<GroupMonitor> monitor, ToWorker.Form form) {
    return mode == JobSpec.Gpus.OFF || (mode == JobSpec.Gpus.AUTO && !all(group, form))
        ? Optional.empty()
        : Optional.of(new NcclGroups(groups, device(form)).beside(group, monitor));
  }

  private boolean can(ToWorker.Form form) {
    return missing.isEmpty() && form.device() != null && form.device() < NcclLibrary.devices();
  }

  /** Ranks that have no GPU and ranks that have one would wait for each other. */
  private boolean all(Communicator group, ToWorker.Form form) {
    try (var arena = Arena.ofConfined()) {
      var word = new Buffer(arena.allocate(Integer.BYTES, ALIGNMENT), DType.INT32);
      word.memory().set(ValueLayout.JAVA_INT, 0, can(form) ? 1 : 0);
      group.allReduce(word, ReduceOp.MIN, Stream.NONE).await();
      return word.memory().get(ValueLayout.JAVA_INT, 0) == 1;
    }
  }

  private static int device(ToWorker.Form form) {
    int devices = NcclLibrary.devices();
    if (form.device() == null || form.device() >= devices) {
      throw new IllegalStateException(
          "no GPU for this rank: generation=%d rank=%d device=%s devices=%d; take at most as many"
                  .formatted(form.generation(), form.rank(), form.device(), devices)
              + " members on a node as it has GPUs, or set muster.worker.gpus to auto or off");
    }
    return form.device();
  }
}
