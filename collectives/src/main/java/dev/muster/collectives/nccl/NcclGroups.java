package dev.muster.collectives.nccl;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ForwardingCommunicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Groups of processes with a GPU each: a group of the CPU that others see, and NCCL beside it. One
 * object per process, so that all communicators of a generation are aborted together.
 *
 * <p>Any thread. {@link #join}, {@link #split} and {@link #shrink} return when all ranks of the new
 * group have called them. A process that makes several communicators at once uses a thread for
 * each, and none of these threads may wait for another one.
 */
public final class NcclGroups implements Groups {
  private static final long WORDS_BYTES = 4096; // of the group of the CPU: no tensors
  private static final long ALIGNMENT = 64;

  private final Groups words;
  private final int device;
  private final Set<NcclCommunicator> live = new HashSet<>(); // guarded by this

  /**
   * @param words groups of the CPU over the same processes
   * @param device of this process; no two ranks of a group may share one
   * @throws NcclException this machine cannot; the message says what is missing
   */
  public NcclGroups(Groups words, int device) {
    NcclLibrary.missing()
        .ifPresent(why -> {
          throw new NcclException(why);
        });
    this.words = words;
    this.device = device;
  }

  @Override
  public Communicator join(Spec spec, int rank) {
    return join(spec, rank, group -> NcclHandle.init(spec.worldSize(), id(group), rank));
  }

  /**
   * A group of some ranks of another one, which lives on; every rank of that calls it at the same
   * place of its program, with a spec and a rank among those of its color.
   */
  public NcclCommunicator split(NcclCommunicator parent, Spec spec, int rank, int color) {
    return join(spec, rank, group -> NcclHandle.split(parent.handle(), color, rank));
  }

  /**
   * A group of the ranks that are left of another one, without a new id: they keep their order.
   * What the other was doing has no result, and it can only be closed.
   *
   * @param lost ranks of the parent, which do not call it
   */
  public NcclCommunicator shrink(NcclCommunicator parent, Spec spec, int rank, int... lost) {
    return join(spec, rank, group -> NcclHandle.shrink(parent.handle(), lost));
  }

  /**
   * NCCL beside a group that every rank is in already: that carries its words, and the caller
   * closes it afterwards. Every rank calls it at the same place of its program.
   *
   * @param monitor of that group
   * @throws GroupRevokedException the generation ended before
   * @throws NcclException this rank has failed, and with it the generation
   */
  public NcclCommunicator beside(Communicator group, Supplier<GroupMonitor> monitor) {
    return made(new Kept(group), monitor, g -> NcclHandle.init(g.worldSize(), id(g), group.rank()));
  }

  /** That somebody else closes. */
  private static final class Kept extends ForwardingCommunicator {
    private Kept(Communicator inner) {
      super(inner);
    }

    @Override
    public void close() {}
  }

  private NcclCommunicator join(Spec spec, int rank, Function<Communicator, NcclHandle> open) {
    return made(words.join(small(spec), rank), () -> words.monitor(small(spec)), open);
  }

  private NcclCommunicator made(
      Communicator group, Supplier<GroupMonitor> monitor, Function<Communicator, NcclHandle> open) {
    try {
      return opened(group, monitor, open);
    } catch (RuntimeException | Error e) {
      group.abort("rank could not join: rank=" + group.rank() + " error=" + e.getMessage());
      group.close();
      throw e;
    }
  }

  private NcclCommunicator opened(
      Communicator group, Supplier<GroupMonitor> monitor, Function<Communicator, NcclHandle> open) {
    var gpu = new Gpu(device);
    try {
      var handle = open.apply(group);
      var made = new NcclCommunicator(group, monitor.get(), gpu, handle, this::abort, this::closed);
      add(made);
      return settled(made);
    } catch (RuntimeException | Error e) {
      gpu.close();
      throw e;
    }
  }

  private NcclCommunicator settled(NcclCommunicator made) {
    try {
      made.settle();
      return made;
    } catch (RuntimeException | Error e) {
      made.abort("rank could not join: rank=" + made.rank() + " error=" + e.getMessage());
      made.leave();
      throw e;
    }
  }

  private static Spec small(Spec spec) {
    return new Spec(
        spec.directory(),
        spec.group(),
        spec.generation(),
        spec.worldSize(),
        spec.startStep(),
        WORDS_BYTES);
  }

  /** Made by rank 0, told through the group itself: one that is over gives none. */
  private static byte[] id(Communicator group) {
    try (var arena = Arena.ofConfined()) {
      var memory = arena.allocate(org.bytedeco.cuda.global.nccl.NCCL_UNIQUE_ID_BYTES, ALIGNMENT);
      if (group.rank() == 0) {
        memory.copyFrom(MemorySegment.ofArray(NcclHandle.newId()));
      }
      group.broadcast(new Buffer(memory, DType.UINT8), 0);
      return memory.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
  }

  private synchronized void add(NcclCommunicator communicator) {
    live.add(communicator);
  }

  private synchronized void closed(NcclCommunicator communicator) {
    live.remove(communicator);
  }

  /** All of a generation at once: it is over for all its groups. */
  private synchronized void abort(long generation) {
    var all = live.stream().filter(c -> c.generation() == generation).toList();
    all.forEach(c -> c.tell("another group of the generation has ended"));
    NcclHandle.abortAll(all.stream().map(NcclCommunicator::handle).toList());
  }

  @Override
  public GroupMonitor monitor(Spec spec) {
    return words.monitor(small(spec));
  }

  @Override
  public void revokeOlder(Spec spec, String reason) {
    words.revokeOlder(small(spec), reason);
  }

  @Override
  public void remove(Spec spec) {
    words.remove(small(spec));
  }
}
