package dev.muster.simulator.checkpoint;

/**
 * A state, or the shard of it that one rank holds.
 *
 * @param shard 0-based place among the {@code shards} that make up the state; a replicated state is
 *     shard 0 of 1
 */
public record Part(StateId state, int shard, int shards) {
  public static Part whole(StateId state) {
    return new Part(state, 0, 1);
  }
}
