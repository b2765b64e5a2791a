package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Block;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Copies the blocks of one state into a buffer and notes their checksums. Any number of threads
 * call {@link #work}; each takes the next few blocks, so a thread that gets no processor holds up
 * those at the most. The checksum is that of the state, taken right before it is copied: a copy
 * that differs from it, for whatever reason, is damaged.
 */
final class CopyJob {
  /** From some 2.5 MiB on a copy goes past the caches and need not read what it overwrites. */
  private static final int CHUNK_BLOCKS = 4;

  private final List<Block> blocks;
  private final List<Chunk> chunks;
  private final List<MemorySegment> sources;
  private final List<SnapshotLayout.Entry> entries;
  private final MemorySegment data;
  private final MemorySegment sums;
  private final AtomicInteger next = new AtomicInteger();
  private final CountDownLatch left;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicLong workedNs = new AtomicLong();

  /** Blocks of one tensor that follow each other: numbers {@code [from, to)}. */
  private record Chunk(int from, int to) {}

  CopyJob(
      SnapshotLayout layout, List<MemorySegment> sources, MemorySegment data, MemorySegment sums) {
    this.blocks = layout.blocks();
    this.entries = layout.entries();
    this.sources = sources;
    this.data = data;
    this.sums = sums;
    this.chunks = chunks(blocks);
    this.left = new CountDownLatch(chunks.size());
  }

  private static List<Chunk> chunks(List<Block> blocks) {
    var chunks = new ArrayList<Chunk>();
    for (int from = 0; from < blocks.size(); from = chunks.getLast().to()) {
      int to = from + 1;
      while (to < blocks.size()
          && to - from < CHUNK_BLOCKS
          && blocks.get(to).tensor() == blocks.get(from).tensor()) {
        to++;
      }
      chunks.add(new Chunk(from, to));
    }
    return chunks;
  }

  void work() {
    for (int i = next.getAndIncrement(); i < chunks.size(); i = next.getAndIncrement()) {
      long startNs = System.nanoTime();
      try {
        copy(chunks.get(i));
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      } finally {
        workedNs.addAndGet(System.nanoTime() - startNs);
        left.countDown();
      }
    }
  }

  /** What the copy has taken so far, of all threads together. */
  long workedNs() {
    return workedNs.get();
  }

  private void copy(Chunk chunk) {
    Block first = blocks.get(chunk.from());
    MemorySegment source = sources.get(first.tensor());
    for (int number = chunk.from(); number < chunk.to(); number++) {
      Block block = blocks.get(number);
      int crc = Checksum.of(source.asSlice(block.offset(), block.bytes()));
      sums.set(ValueLayout.JAVA_INT, 4L * number, crc);
    }
    Block last = blocks.get(chunk.to() - 1);
    long bytes = last.offset() + last.bytes() - first.offset();
    long target = entries.get(first.tensor()).offset() + first.offset();
    MemorySegment.copy(source, first.offset(), data, target, bytes);
  }

  /** Takes away the blocks nobody has begun. */
  void abandon() {
    for (int i = next.getAndIncrement(); i < chunks.size(); i = next.getAndIncrement()) {
      left.countDown();
    }
  }

  /**
   * Until every block is done by whoever took it.
   *
   * @throws IllegalStateException one of them could not be copied
   */
  void await() {
    boolean interrupted = false;
    while (left.getCount() > 0) {
      try {
        left.await();
      } catch (InterruptedException e) {
        interrupted = true; // a copy in flight reads the state: it must end before we return
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure.get() != null) {
      throw new IllegalStateException(
          "cannot copy the state into its snapshot: error=" + failure.get(), failure.get());
    }
  }
}
