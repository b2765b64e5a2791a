package dev.muster.master.rank;

import java.util.HashMap;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Layers and, for each, the domain every process is in: the shape of a {@link RankTree}, which
 * never changes.
 */
final class Domains {
  private final List<Layer> layers;
  private final int processes;
  private final int[][] domainOf;
  private final int[] counts;

  /**
   * @param layers outermost first
   */
  Domains(List<Layer> layers, int processes) {
    this.layers = List.copyOf(layers);
    this.processes = processes;
    this.domainOf = new int[layers.size()][processes];
    this.counts = new int[layers.size()];
    for (int layer = 0; layer < layers.size(); layer++) {
      number(layer);
    }
  }

  /** Numbers the domains of a layer densely, in order of their first process. */
  private void number(int layer) {
    var numbers = new HashMap<Long, Integer>();
    for (int process = 0; process < processes; process++) {
      long parent = layer == 0 ? 0 : domainOf[layer - 1][process];
      long key = parent << 32 | layers.get(layer).domain().applyAsInt(process) & 0xffff_ffffL;
      Integer number = numbers.putIfAbsent(key, numbers.size());
      domainOf[layer][process] = number == null ? numbers.size() - 1 : number;
    }
    counts[layer] = numbers.size();
  }

  int processes() {
    return processes;
  }

  int layers() {
    return layers.size();
  }

  Layer layer(int layer) {
    return layers.get(layer);
  }

  /** How many domains a layer has. */
  int count(int layer) {
    return counts[layer];
  }

  int of(int layer, int process) {
    return domainOf[layer][process];
  }

  /** Number of processes per domain of a layer that satisfy a condition. */
  int[] tally(int layer, IntPredicate condition) {
    int[] tally = new int[counts[layer]];
    for (int process = 0; process < processes; process++) {
      if (condition.test(process)) {
        tally[domainOf[layer][process]]++;
      }
    }
    return tally;
  }
}
