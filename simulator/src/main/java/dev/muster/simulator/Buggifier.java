package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggified;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.CounterRandom;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Says which rare ways the cores of one world take. As in FoundationDB a point is in force in some
 * worlds only, and there is taken some of the times: always would hide what seldom shows. Drawn by
 * time and place, not by count: a way that is not taken shifts no other.
 */
public final class Buggifier {
  private static final double IN_FORCE = 0.25;
  private static final double TAKEN = 0.25;

  private final long seed;
  private final Set<Buggify> inForce;
  private final Map<Buggify, Long> taken = new EnumMap<>(Buggify.class);

  Buggifier(long seed, Set<Buggify> inForce) {
    this.seed = seed;
    this.inForce = inForce;
  }

  /** The points that are in force with this seed. */
  public static Set<Buggify> drawn(long seed) {
    var drawn = EnumSet.noneOf(Buggify.class);
    Arrays.stream(Buggify.values())
        .filter(point -> unit(seed, "buggify", point.text().hashCode(), 0) < IN_FORCE)
        .forEach(drawn::add);
    return Collections.unmodifiableSet(drawn);
  }

  /** Whether one of them may be taken in this world. */
  public boolean inForce(Set<Buggify> points) {
    return !Collections.disjoint(inForce, points);
  }

  /** How often each was taken; those that never were are left out. */
  public Map<Buggify, Long> taken() {
    return Collections.unmodifiableMap(new EnumMap<>(taken));
  }

  /** The same answers once more, for a core that is brought up from its journal. */
  public Buggified again(PeerId who) {
    return (point, entity, atNs) -> at(who, point, entity, atNs);
  }

  /** Whether that process, or the world for it, takes this way now. */
  public boolean take(PeerId who, Buggify point, long entity, long atNs) {
    boolean takes = at(who, point, entity, atNs);
    if (takes) {
      taken.merge(point, 1L, Long::sum);
    }
    return takes;
  }

  private boolean at(PeerId who, Buggify point, long entity, long atNs) {
    return inForce.contains(point)
        && unit(seed, "buggify/" + point.text(), 31L * who.hashCode() + entity, atNs) < TAKEN;
  }

  private static double unit(long seed, String stream, long entity, long index) {
    return CounterRandom.unit(CounterRandom.mix(seed, stream, entity, index));
  }
}
