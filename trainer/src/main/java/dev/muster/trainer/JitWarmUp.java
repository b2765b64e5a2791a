package dev.muster.trainer;

import dev.muster.trainer.optimizer.AdamW;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.text.Windows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Trains a scratch copy of a plain-Java model for a moment on a thread of its own, so that its loops are compiled when a process that just started, or a
 * spare that waited, does its first real step: interpreted, that step takes several times as long. Compiled code gives the same bits.
 */
final class JitWarmUp {
  private static final int STEPS = 100;
  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private JitWarmUp() {}

  /** Once per process; returns at once. */
  static void start(Layout layout, Function<ModelState, Model> model, AdamW.Config optimizer, Windows windows) {
    if (STARTED.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("jit-warm-up").start(() -> train(layout, model, optimizer, windows));
    }
  }

  private static void train(Layout layout, Function<ModelState, Model> factory, AdamW.Config config, Windows windows) {
    try (Arena arena = Arena.ofConfined()) {
      ModelState state = ModelState.initial(layout, 0, arena);
      MemorySegment flat = arena.allocate((long) layout.floats() * Float.BYTES, Long.BYTES);
      List<MemorySegment> gradients = layout.slots().stream().map(slot -> ModelState.slice(flat, slot)).toList();
      AdamW optimizer = new AdamW(config);
      try (Model model = factory.apply(state)) {
        for (int step = 1; step <= STEPS; step++) {
          model.gradients(gradients, windows, new long[] {step % windows.count()}, 1);
          optimizer.apply(state, gradients, step);
        }
      }
    }
  }
}
