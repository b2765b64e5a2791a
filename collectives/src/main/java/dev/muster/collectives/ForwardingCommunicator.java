package dev.muster.collectives;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Passes every call on to another communicator: for those that add something to a few of them. */
public abstract class ForwardingCommunicator implements Communicator {
  protected final Communicator inner;

  protected ForwardingCommunicator(Communicator inner) {
    this.inner = inner;
  }

  @Override
  public String group() {
    return inner.group();
  }

  @Override
  public long generation() {
    return inner.generation();
  }

  @Override
  public int rank() {
    return inner.rank();
  }

  @Override
  public int worldSize() {
    return inner.worldSize();
  }

  @Override
  public MemorySegment allocate(long bytes) {
    return inner.allocate(bytes);
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    return inner.run(operation, stream);
  }

  @Override
  public void agree(long step) {
    inner.agree(step);
  }

  @Override
  public long committedStep() {
    return inner.committedStep();
  }

  @Override
  public Optional<SharedCounter> counter() {
    return inner.counter();
  }

  @Override
  public Optional<DeviceCommunicator> onDevice() {
    return inner.onDevice();
  }

  @Override
  public void abort(String reason) {
    inner.abort(reason);
  }

  @Override
  public void close() {
    inner.close();
  }
}
