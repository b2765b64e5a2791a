package dev.muster.collectives.local;

import dev.muster.collectives.Call;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.DType;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.SharedCounter;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** State of one group within this JVM: everything under one lock, every change wakes everyone. */
final class LocalGroup {
  /** What the ranks bring to one call; complete when all have. */
  private static final class Meeting {
    private final Call[] calls;
    private final byte[][] inputs;
    private int arrived;
    private int left;

    private Meeting(int worldSize) {
      calls = new Call[worldSize];
      inputs = new byte[worldSize][];
    }

    private boolean complete() {
      return arrived == calls.length;
    }
  }

  /** Of one rank to another. */
  private record Message(DType dtype, byte[] bytes) {}

  private record Channel(int from, int to) {}

  private static final Call BARRIER = new Operation.Barrier().call();

  private final Groups.Spec spec;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Long, Meeting> meetings = new TreeMap<>();
  private final Map<Channel, Queue<Message>> messages = new HashMap<>();
  private final AtomicLong taken = new AtomicLong();
  private final boolean[] joined;
  private final long[] arrivals;
  private String revokedBecause;
  private long committedStep;

  LocalGroup(Groups.Spec spec) {
    this.spec = spec;
    joined = new boolean[spec.worldSize()];
    arrivals = new long[spec.worldSize()];
    committedStep = spec.startStep();
  }

  void checkSame(Groups.Spec other) {
    if (spec.worldSize() != other.worldSize() || spec.startStep() != other.startStep()) {
      throw new IllegalStateException(
          "ranks joined different groups of one name: " + spec + "; other: " + other);
    }
  }

  void join(int rank) {
    lock.lock();
    try {
      checkRevoked();
      if (joined[rank]) {
        throw new IllegalStateException(
            "rank has joined already: group="
                + spec.group()
                + " generation="
                + spec.generation()
                + " rank="
                + rank
                + "; join the next generation instead");
      }
      joined[rank] = true;
      meet(rank, 0, BARRIER, new byte[0]);
    } finally {
      lock.unlock();
    }
  }

  /** Brings this rank's input to a call and returns those of all ranks, by rank. */
  byte[][] exchange(int rank, long number, Call call, byte[] input) {
    lock.lock();
    try {
      byte[][] inputs = meet(rank, number, call, input).inputs;
      checkRevoked();
      return inputs;
    } finally {
      lock.unlock();
    }
  }

  /** Never waits. */
  void post(int from, int to, byte[] bytes, DType dtype) {
    lock.lock();
    try {
      checkRevoked();
      channel(from, to).add(new Message(dtype, bytes));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The next message of a rank to another. */
  byte[] take(int from, int to, long bytes, DType dtype) {
    lock.lock();
    try {
      while (channel(from, to).isEmpty()) {
        checkRevoked();
        changed.awaitUninterruptibly();
      }
      var message = channel(from, to).remove();
      if (message.dtype() != dtype || message.bytes().length != bytes) {
        throw new CollectiveMismatchException(
            "rank %d sends %d bytes of %s, rank %d expects %d bytes of %s"
                .formatted(from, message.bytes().length, message.dtype(), to, bytes, dtype));
      }
      return message.bytes();
    } finally {
      lock.unlock();
    }
  }

  private Queue<Message> channel(int from, int to) {
    return messages.computeIfAbsent(new Channel(from, to), c -> new ArrayDeque<>());
  }

  /** The last rank to arrive commits, unless the group was revoked before. */
  void agree(int rank, long number, long step) {
    lock.lock();
    try {
      meet(rank, number, Call.agree(step), new byte[0]);
      if (revokedBecause == null) {
        committedStep = Math.max(committedStep, step);
      }
      if (committedStep < step) {
        checkRevoked();
      }
    } finally {
      lock.unlock();
    }
  }

  private Meeting meet(int rank, long number, Call call, byte[] input) {
    checkRevoked();
    Meeting meeting = meetings.computeIfAbsent(number, n -> new Meeting(spec.worldSize()));
    meeting.calls[rank] = call;
    meeting.inputs[rank] = input;
    meeting.arrived++;
    arrivals[rank]++;
    changed.signalAll();
    while (!meeting.complete() && revokedBecause == null) {
      changed.awaitUninterruptibly();
    }
    if (!meeting.complete()) {
      throw revokedException();
    }
    checkCalls(meeting, number);
    if (++meeting.left == spec.worldSize()) {
      meetings.remove(number);
    }
    return meeting;
  }

  private void checkCalls(Meeting meeting, long number) {
    for (int rank = 1; rank < spec.worldSize(); rank++) {
      if (!meeting.calls[rank].equals(meeting.calls[0])) {
        throw Call.mismatch(spec, number, List.of(meeting.calls));
      }
    }
  }

  private void checkRevoked() {
    if (revokedBecause != null) {
      throw revokedException();
    }
  }

  private GroupRevokedException revokedException() {
    return new GroupRevokedException(spec.group(), spec.generation(), revokedBecause);
  }

  SharedCounter counter() {
    return new SharedCounter(
        new SharedCounter.Word() {
          @Override
          public long get() {
            return taken.get();
          }

          @Override
          public boolean compareAndSet(long expected, long next) {
            return taken.compareAndSet(expected, next);
          }
        },
        spec.startStep());
  }

  long revoke(String reason) {
    lock.lock();
    try {
      if (revokedBecause == null) {
        revokedBecause = reason;
        changed.signalAll();
      }
      return committedStep;
    } finally {
      lock.unlock();
    }
  }

  boolean revoked() {
    lock.lock();
    try {
      return revokedBecause != null;
    } finally {
      lock.unlock();
    }
  }

  String reason() {
    lock.lock();
    try {
      return revokedBecause;
    } finally {
      lock.unlock();
    }
  }

  long committedStep() {
    lock.lock();
    try {
      return committedStep;
    } finally {
      lock.unlock();
    }
  }

  long[] arrivals() {
    lock.lock();
    try {
      return arrivals.clone();
    } finally {
      lock.unlock();
    }
  }
}
