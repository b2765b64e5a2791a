package dev.muster.worker.actor;

import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.Observation;
import java.util.function.Consumer;

/**
 * What a {@link CoreShell} needs from its host; every one may be replaced in tests and drills.
 *
 * @param actions does what only this core's host can do; called on the actor's thread, so it must
 *     not block
 * @param observations takes what the core reports; likewise
 * @param seed of the run's counter-based randomness
 * @param fatal told when a core broke an invariant, before its actor stops; a process must end
 *     here, not limp on
 */
public record Ports(
    Clock clock,
    Transport transport,
    Journal journal,
    Consumer<Effects.Action> actions,
    Consumer<Observation> observations,
    long seed,
    Consumer<Throwable> fatal) {}
