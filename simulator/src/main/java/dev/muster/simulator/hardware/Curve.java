package dev.muster.simulator.hardware;

import java.util.NavigableMap;
import java.util.TreeMap;

/** A duration that depends on the world size: straight lines between points, level outside. ns. */
public record Curve(NavigableMap<Integer, Long> points) {
  public Curve {
    if (points.isEmpty()) {
      throw new IllegalArgumentException("a curve without a point");
    }
    points = new TreeMap<>(points);
  }

  public long ns(int worldSize) {
    var low = points.floorEntry(worldSize);
    var high = points.ceilingEntry(worldSize);
    if (low == null || high == null) {
      return low == null ? high.getValue() : low.getValue();
    }
    int width = high.getKey() - low.getKey();
    double part = width == 0 ? 0 : (worldSize - low.getKey()) / (double) width;
    return low.getValue() + Math.round(part * (high.getValue() - low.getValue()));
  }
}
