package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Block;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;

/**
 * Copies the blocks of one state into a half and notes their checksums. Any number of threads call
 * {@link #work}; each takes the next block, so a thread that gets no processor holds up one block
 * at the most. The checksum is that of the copy, taken piece by piece right behind it.
 */
final class CopyJob {
  private static final int PIECE_BYTES = 64 << 10; // still in the cache when it is summed

  private final List<Block> blocks;
  private final List<MemorySegment> sources;
  private final List<SnapshotLayout.Entry> entries;
  private final MemorySegment data;
  private final MemorySegment sums;
  private final AtomicInteger next = new AtomicInteger();
  private final CountDownLatch left;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  CopyJob(
      SnapshotLayout layout, List<MemorySegment> sources, MemorySegment data, MemorySegment sums) {
    this.blocks = layout.blocks();
    this.entries = layout.entries();
    this.sources = sources;
    this.data = data;
    this.sums = sums;
    this.left = new CountDownLatch(blocks.size());
  }

  void work() {
    for (int i = next.getAndIncrement(); i < blocks.size(); i = next.getAndIncrement()) {
      try {
        copy(i);
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      } finally {
        left.countDown();
      }
    }
  }

  private void copy(int number) {
    Block block = blocks.get(number);
    MemorySegment source = sources.get(block.tensor());
    MemorySegment target =
        data.asSlice(entries.get(block.tensor()).offset() + block.offset(), block.bytes());
    var crc = new CRC32C();
    for (long at = 0; at < block.bytes(); at += PIECE_BYTES) {
      long bytes = Math.min(PIECE_BYTES, block.bytes() - at);
      MemorySegment.copy(source, block.offset() + at, target, at, bytes);
      crc.update(target.asSlice(at, bytes).asByteBuffer());
    }
    sums.set(ValueLayout.JAVA_INT, 4L * number, (int) crc.getValue());
  }

  /** Takes away the blocks nobody has begun. */
  void abandon() {
    for (int i = next.getAndIncrement(); i < blocks.size(); i = next.getAndIncrement()) {
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
