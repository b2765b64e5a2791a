package dev.muster.collectives.hosts;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.collectives.Arguments;
import dev.muster.collectives.Buffer;
import dev.muster.collectives.Call;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.CompletedWork;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Turns;
import dev.muster.collectives.Work;
import dev.muster.collectives.hosts.Ballot.Outcome;
import dev.muster.collectives.reduce.Reduction;
import dev.muster.collectives.shared.FlightRecorder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * A rank of a group that spans hosts. Every collective runs inside its call, on the caller's
 * thread; the returned {@link Work} is complete. A failure of this rank inside a collective, and a
 * peer that is lost, end the group on this host and, through its leader, on the others.
 */
final class HostCommunicator implements Communicator {
  private static final long REASON_WAIT_NS = 50_000_000;

  private final Groups.Spec spec;
  private final Place place;
  private final Handles handles;
  private final Words words;
  private final Links links;
  private final Council council; // null unless this rank leads its host
  private final Meeting meeting;
  private final Gathered gathered;
  private final Crossovers crossovers;
  private final Moves moves;
  private final Direct direct;
  private final Reduction reduction;
  private final MemorySegment counts;
  private final FlightRecorder recorder;
  private final Arena arena = Arena.ofShared();
  private final Turns turns;

  /**
   * Of this rank in the groups of its host.
   *
   * @param outcome null unless this rank leads
   */
  record Handles(Communicator data, Communicator votes, Communicator outcome) {
    void abort(String reason) {
      data.abort(reason);
      votes.abort(reason);
    }

    void close() {
      votes.close();
      data.close();
      if (outcome != null) {
        outcome.close();
      }
    }
  }

  HostCommunicator(
      Groups.Spec spec,
      Place place,
      Handles handles,
      Words words,
      Links links,
      Council council,
      Crossovers crossovers) {
    this.spec = spec;
    this.place = place;
    this.handles = handles;
    this.words = words;
    this.links = links;
    this.council = council;
    this.reduction = new Reduction(arena);
    this.meeting = new Meeting(spec, place, handles.data(), links, arena);
    this.gathered = new Gathered(place, reduction);
    this.crossovers = crossovers;
    this.moves = new Moves(place, handles.data(), links, crossovers, arena);
    this.direct = new Direct(place, moves, reduction, arena);
    this.recorder = FlightRecorder.create(spec, place.rank(), arena);
    this.counts = arena.allocate((long) Long.BYTES * place.worldSize(), 64);
    this.turns = new Turns(spec.group(), spec.generation(), place.rank(), words::committedStep);
  }

  /** Meets all ranks of all hosts, and learns where each of them listens. */
  void meetAll(Addresses addresses, Limits limits) {
    guarded(() -> {
      var call = new Call(Call.Kind.BARRIER, null, null, spec.worldSize(), spec.startStep());
      var own = addresses.own(arena);
      addresses.learn(meeting.meet(call, own, own.byteSize()), links);
      links.joined(limits);
    });
  }

  @Override
  public String group() {
    return spec.group();
  }

  @Override
  public long generation() {
    return spec.generation();
  }

  @Override
  public int rank() {
    return place.rank();
  }

  @Override
  public int worldSize() {
    return spec.worldSize();
  }

  @Override
  public MemorySegment allocate(long bytes) {
    turns.take();
    try {
      return handles.data().allocate(bytes);
    } finally {
      turns.leave();
    }
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    Arguments.stream(stream);
    operation.check(rank(), worldSize());
    switch (operation) {
      case Operation.Send o -> message(o, o.to(), -1);
      case Operation.Receive o -> message(o, -1, o.from());
      case Operation.SendReceive o -> message(o, o.to(), o.from());
      default -> recorded(operation.call(), () -> perform(operation));
    }
    return CompletedWork.DONE;
  }

  private void message(Operation operation, int to, int from) {
    guarded(() -> {
      requireAlive();
      long record = recorder.begin(recorder.nextMessage(), operation.call(), from);
      recorder.ended(record, () -> perform(operation));
      recorder.exchanged(to, from);
    });
  }

  private void recorded(Call call, Runnable collective) {
    guarded(() -> {
      requireAlive();
      recorder.ended(recorder.begin(meeting.nextNumber(), call, -1), collective);
    });
  }

  /** A call after the revoke is none, and would tell the recorder's reader a rank arrived. */
  private void requireAlive() {
    if (words.revoked()) {
      throw revoked(words.reason());
    }
  }

  private void perform(Operation operation) {
    switch (operation) {
      case Operation.Send o -> moves.message(o.buffer(), o.to(), null, -1);
      case Operation.Receive o -> moves.message(null, -1, o.buffer(), o.from());
      case Operation.SendReceive o -> moves.message(o.input(), o.to(), o.output(), o.from());
      case Operation.Barrier o -> meeting.meet(o.call(), null, 0);
      case Operation.AllToAllUneven o -> {
        MemorySegment.copy(o.inputCounts(), 0, counts, JAVA_LONG, 0, worldSize());
        moves.uneven(o, meeting.meet(o.call(), counts, counts.byteSize()));
      }
      default -> collective(operation);
    }
  }

  private void collective(Operation operation) {
    long bytes = largestInput(operation);
    if (crossovers.gathered(bytes, worldSize(), operation.call().op() != null)) {
      var input = operation.input() == null ? null : operation.input().memory();
      gathered.finish(operation, meeting.meet(operation.call(), input, bytes), bytes);
      return;
    }
    meeting.meet(operation.call(), null, 0);
    switch (operation) {
      case Operation.AllReduce o -> reduce(o.input(), o.output(), o.op(), new ToAll());
      case Operation.Reduce o -> reduce(o.input(), o.output(), o.op(), new ToRoot(o));
      case Operation.ReduceScatter o -> reduce(o.input(), o.output(), o.op(), new Scattered(o));
      case Operation.AllGather o -> moves.allGather(o);
      case Operation.Broadcast o -> moves.broadcast(o);
      default ->
          moves.move(Movement.of(operation, worldSize()), operation.input(), operation.output());
    }
  }

  /** The same on every rank that calls the same. */
  private long largestInput(Operation operation) {
    return switch (operation) {
      case Operation.AllReduce o -> o.input().memory().byteSize();
      case Operation.Reduce o -> o.input().memory().byteSize();
      case Operation.ReduceScatter o -> o.input().memory().byteSize();
      default -> Movement.of(operation, worldSize()).largestInput();
    };
  }

  private void reduce(Buffer input, Buffer output, ReduceOp op, Chain.Results results) {
    if (crossovers.direct(input.memory().byteSize(), place.largestHost())) {
      direct.run(input, output, op, results);
      return;
    }
    new Chain(place, handles.data(), links, reduction, input, output, op, results).run();
  }

  private record ToAll() implements Chain.Results {
    @Override
    public boolean toAll() {
      return true;
    }

    @Override
    public Slices of(int rank) {
      throw new IllegalStateException("all get all");
    }
  }

  private record ToRoot(Operation.Reduce o) implements Chain.Results {
    @Override
    public boolean toAll() {
      return false;
    }

    @Override
    public Slices of(int rank) {
      return new Slices(0, rank == o.root() ? o.input().elements() : 0);
    }
  }

  private final class Scattered implements Chain.Results {
    private final long elements;

    private Scattered(Operation.ReduceScatter o) {
      this.elements = o.input().elements();
    }

    @Override
    public boolean toAll() {
      return false;
    }

    @Override
    public Slices of(int rank) {
      return Slices.of(elements, rank, worldSize());
    }
  }

  // ---- agreement

  /**
   * Unlike other calls it returns normally also after a revoke, if the step was committed before.
   *
   * @throws GroupRevokedException the step is not committed on this host; if the message says that
   *     it is in doubt, other hosts may have committed it (indefinite)
   */
  @Override
  public void agree(long step) {
    Arguments.step(step, committedStep());
    recorded(
        Call.agree(step),
        () -> {
          meeting.meet(Call.agree(step), null, 0);
          handles.votes().agree(step);
          if (place.leads()) {
            decide(step);
          } else {
            awaitOutcome(step);
          }
        });
  }

  private void decide(long step) {
    var outcome = council.decide(step);
    if (outcome == Outcome.COMMITTED) {
      try {
        handles.outcome().agree(step);
      } catch (GroupRevokedException e) { // somebody here gave up waiting for this
        throw revoked(e.reason() + inDoubt(step));
      }
    } else {
      String reason = words.reason();
      words.end(reason);
      throw revoked(outcome == Outcome.IN_DOUBT ? reason + inDoubt(step) : reason);
    }
  }

  private String inDoubt(long step) {
    return "; step %d is in doubt: this host voted for it, others may have committed it, %s"
        .formatted(step, council == null ? "its leader knows more" : council.ballot());
  }

  private void awaitOutcome(long step) {
    var idle = new BackoffIdleStrategy(200, 50, 20_000, 250_000);
    while (words.committedStep() < step) {
      if (words.over() && words.committedStep() < step) {
        throw revoked(words.reason() + inDoubt(step));
      }
      idle.idle();
    }
  }

  // ---- life

  private void guarded(Runnable call) {
    turns.take();
    try {
      call.run();
    } catch (GroupRevokedException e) {
      throw revoked(e.reason());
    } catch (Links.LinkLost e) {
      throw lost(e);
    } catch (CollectiveMismatchException e) {
      abort(e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      abort("rank failed inside a collective: rank=" + rank() + " error=" + e);
      throw e;
    } finally {
      if (council != null) {
        council.tellIfRevoked(); // the process may end as soon as its rank has heard
      }
      turns.leave();
    }
  }

  private GroupRevokedException revoked(String reason) {
    return new GroupRevokedException(spec.group(), spec.generation(), reason);
  }

  /** A peer that left did so because of something: its host may still tell. */
  private GroupRevokedException lost(Links.LinkLost e) {
    long endNs = System.nanoTime() + REASON_WAIT_NS;
    while (!words.revoked() && System.nanoTime() < endNs) {
      LockSupport.parkNanos(1_000_000);
    }
    abort(e.getMessage());
    return revoked(words.reason());
  }

  @Override
  public long committedStep() {
    return turns.committedStep();
  }

  @Override
  public void abort(String reason) {
    turns.unlessClosed(() -> handles.abort(reason));
  }

  @Override
  public void close() {
    turns.close(this::release);
  }

  private void release() {
    if (council != null) {
      council.close();
    }
    links.close();
    handles.close();
    words.close();
    arena.close();
  }
}
