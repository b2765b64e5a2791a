package dev.muster.worker.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.muster.protocol.Exit;
import dev.muster.protocol.local.ControlPage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns of a killed worker before its memory is gone: a daemon thread that waits for the worker's
 * life sign ({@link ControlPage}). The kernel releases what a dying thread holds first (robust
 * futexes: Linux, exit_mm_release), takes the process's memory down then, which takes tens of
 * milliseconds for a JVM among busy ranks, and gives its parent notice last.
 *
 * <p>Tells only of a process that a signal is ending for good; whatever else the end of the step
 * thread may mean is left to the notice. Nothing is told when the kernel or the worker's page do
 * not tell enough.
 *
 * <p>The thread has a mapping of its own, so the agent may unmap and delete the page at any time.
 * It ends with the worker's step thread; should a worker unmap the page while it holds the sign,
 * the thread stays as long as this process.
 */
public final class DeathWatch {
  private static final Logger LOG = LoggerFactory.getLogger(DeathWatch.class);
  private static final long STACK_BYTES = 256 * 1024;
  private static final int WAITED_FOR = 1 << 31;
  private static final int HOLDER_DIED = 1 << 30;
  private static final VarHandle INT = JAVA_INT.varHandle();

  /** Called by the watching thread; must not block. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Its step thread is gone, the others are told to end before they do anything else; its memory,
     * files and children may still be there.
     *
     * @param noticedNs System.nanoTime of the notice
     */
    void dying(Exit exit, long noticedNs);
  }

  private final Path pageFile;
  private final ProcessStat process;
  private final Listener listener;

  private DeathWatch(Path pageFile, ProcessStat process, Listener listener) {
    this.pageFile = pageFile;
    this.process = process;
    this.listener = listener;
  }

  /**
   * Returns at once; nothing happens where there is no futex or no such process.
   *
   * @param pageFile the worker's control page; its life sign, if any, is there already
   * @param pid the process whose end counts
   */
  public static void start(Path pageFile, long pid, Listener listener) {
    Optional<ProcessStat> process = Futex.supported() ? ProcessStat.of(pid) : Optional.empty();
    process
        .map(p -> new DeathWatch(pageFile, p, listener))
        .ifPresent(watch ->
            Thread.ofPlatform()
                .daemon()
                .stackSize(STACK_BYTES)
                .name("death-watch-" + pid)
                .start(watch::run));
  }

  private void run() {
    try (var page = ControlPage.open(pageFile)) {
      var word = page.lifeSign();
      if (word.isPresent() && holderDied(word.get())) {
        tell(System.nanoTime());
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("no early notice of a worker's death: pid={}", process.pid(), e);
    }
  }

  /** Waits for the end of the holding; false: it was let go in order. */
  private static boolean holderDied(MemorySegment word) {
    int held = (int) INT.getAcquire(word, 0L);
    while (held != 0 && (held & HOLDER_DIED) == 0) {
      int waitedFor = held | WAITED_FOR; // without it nobody wakes us
      if (held == waitedFor || INT.compareAndSet(word, 0L, held, waitedFor)) {
        Futex.await(word, waitedFor);
      }
      held = (int) INT.getAcquire(word, 0L);
    }
    return held != 0;
  }

  private void tell(long noticedNs) {
    ProcessStat.of(process.pid())
        .filter(now -> now.startTicks() == process.startTicks())
        .map(ProcessStat::fatalSignal)
        .filter(signal -> signal != 0)
        .ifPresent(signal -> {
          listener.dying(Exit.signal(signal), noticedNs);
          // taking its memory down must not delay the ranks that recover
          ProcessStat.lowerPriority(process.pid());
        });
  }
}
