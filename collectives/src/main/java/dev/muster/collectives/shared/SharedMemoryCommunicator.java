package dev.muster.collectives.shared;

import dev.muster.collectives.Arguments;
import dev.muster.collectives.Call;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.CompletedWork;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.SharedCounter;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Turns;
import dev.muster.collectives.Work;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A rank of a group of processes of one host. Every collective runs inside its call, on the
 * caller's thread; the returned {@link Work} is complete. A failure of this rank inside a
 * collective revokes the group, so that no peer waits for it.
 */
final class SharedMemoryCommunicator implements Communicator {
  private final Groups.Spec spec;
  private final ControlFile control;
  private final Exchange exchange;
  private final Channels channels;
  private final FlightRecorder recorder;
  private final Arena arena;
  private final Turns turns;

  SharedMemoryCommunicator(
      Groups.Spec spec,
      ControlFile control,
      Exchange exchange,
      FlightRecorder recorder,
      Arena arena) {
    this.spec = spec;
    this.control = control;
    this.exchange = exchange;
    this.channels = new Channels(exchange, control);
    this.recorder = recorder;
    this.arena = arena;
    this.turns =
        new Turns(spec.group(), spec.generation(), exchange.rank(), control::committedStep);
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
    return exchange.rank();
  }

  @Override
  public int worldSize() {
    return spec.worldSize();
  }

  @Override
  public MemorySegment allocate(long bytes) {
    turns.take();
    try {
      return exchange.region().allocate(bytes);
    } finally {
      turns.leave();
    }
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    Arguments.stream(stream);
    operation.check(rank(), worldSize());
    switch (operation) {
      case Operation.Send o -> message(o, o.to(), -1, () -> channels.send(o));
      case Operation.Receive o -> message(o, -1, o.from(), () -> channels.receive(o));
      case Operation.SendReceive o -> message(o, o.to(), o.from(), () -> channels.sendReceive(o));
      default -> guarded(() -> collective(operation));
    }
    return CompletedWork.DONE;
  }

  /** A call after the revoke is none, and would tell the recorder's reader a rank arrived. */
  private void message(Operation operation, int to, int from, Runnable transfer) {
    guarded(() -> {
      exchange.checkRevoked();
      long record = recorder.begin(recorder.nextMessage(), operation.call(), from);
      recorder.ended(record, transfer);
      recorder.exchanged(to, from);
    });
  }

  private void collective(Operation operation) {
    exchange.begin();
    long record = recorder.begin(exchange.calls(), operation.call(), -1);
    recorder.ended(record, () -> perform(operation));
  }

  private void perform(Operation operation) {
    switch (operation) {
      case Operation.AllReduce o -> reduce(o, o.op(), AllReduce.ALL);
      case Operation.Reduce o -> reduce(o, o.op(), o.root());
      case Operation.ReduceScatter o -> new ReduceScatter(exchange, o).run();
      case Operation.AllToAllUneven o -> new Uneven(exchange, o).run();
      case Operation.Barrier o -> exchange.meet(o.call(), null);
      default -> {
        var movement = Movement.of(operation, worldSize());
        new Pull(exchange, movement, operation.call(), operation.input(), operation.output()).run();
      }
    }
    exchange.end();
  }

  private void reduce(Operation o, ReduceOp op, int root) {
    new AllReduce(exchange, o.call(), o.input(), o.output(), op, root).run();
  }

  /**
   * Unlike other calls it returns normally also after a revoke, if the step was committed before.
   */
  @Override
  public void agree(long step) {
    Arguments.step(step, committedStep());
    guarded(() -> {
      exchange.begin();
      long record = recorder.begin(exchange.calls(), Call.agree(step), -1);
      recorder.ended(record, () -> exchange.agree(step));
    });
  }

  private void guarded(Runnable call) {
    turns.take();
    try {
      call.run();
    } catch (GroupRevokedException e) {
      throw e;
    } catch (CollectiveMismatchException e) {
      abort(e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      abort("rank failed inside a collective: rank=" + rank() + " error=" + e);
      throw e;
    } finally {
      turns.leave();
    }
  }

  @Override
  public long committedStep() {
    return turns.committedStep();
  }

  @Override
  public Optional<SharedCounter> counter() {
    return Optional.of(control.counter());
  }

  @Override
  public void abort(String reason) {
    turns.unlessClosed(() -> control.revoke(reason));
  }

  @Override
  public void close() {
    turns.close(() -> {
      exchange.close();
      arena.close();
    });
  }
}
