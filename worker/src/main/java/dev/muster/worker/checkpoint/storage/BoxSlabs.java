package dev.muster.worker.checkpoint.storage;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the row-major memory of a box into slabs: boxes whose bytes follow each other, in order of
 * their offsets, so that a tensor of any size passes through a small buffer.
 */
public final class BoxSlabs {
  /**
   * @param box of one or more whole rows of the cut box
   * @param offset of its first byte in the memory of the cut box
   */
  public record Slab(Box box, long offset) {}

  public interface Visitor<E extends Exception> {
    void visit(Slab slab) throws E;
  }

  private final Box whole;
  private final Box wanted;
  private final int elementBytes;
  private final long bytesMax;

  private BoxSlabs(Box whole, Box wanted, int elementBytes, long bytesMax) {
    this.whole = whole;
    this.wanted = wanted;
    this.elementBytes = elementBytes;
    this.bytesMax = bytesMax;
  }

  /**
   * The slabs that hold all of {@code wanted}; rows with nothing of it are left out as far as the
   * cut dimensions tell.
   *
   * @param wanted inside {@code whole}
   * @param bytesMax of one slab; at least one element
   */
  public static <E extends Exception> void forEach(
      Box whole, Box wanted, int elementBytes, long bytesMax, Visitor<E> visitor) throws E {
    if (bytesMax < elementBytes) {
      throw new IllegalArgumentException(
          "a slab holds no element: bytesMax=" + bytesMax + " elementBytes=" + elementBytes);
    }
    if (!wanted.isEmpty()) {
      new BoxSlabs(whole, wanted, elementBytes, bytesMax).visit(List.of(), 0, visitor);
    }
  }

  private <E extends Exception> void visit(List<Box.Side> above, long offset, Visitor<E> visitor)
      throws E {
    int d = above.size();
    if (d == whole.dimensions()) {
      visitor.visit(new Slab(new Box(above), offset));
      return;
    }
    long rowBytes = whole.elements(d + 1) * elementBytes;
    long rows = Math.max(1, bytesMax / rowBytes);
    for (long i = wanted.side(d).from(); i < wanted.side(d).to(); i += rows) {
      var side = new Box.Side(i, Math.min(i + rows, wanted.side(d).to()));
      long at = offset + (i - whole.side(d).from()) * rowBytes;
      if (rowBytes <= bytesMax) {
        visitor.visit(new Slab(slab(above, side), at));
      } else {
        visit(with(above, side), at, visitor);
      }
    }
  }

  private Box slab(List<Box.Side> above, Box.Side side) {
    var sides = with(above, side);
    sides.addAll(whole.sides().subList(sides.size(), whole.dimensions()));
    return new Box(sides);
  }

  private static List<Box.Side> with(List<Box.Side> above, Box.Side side) {
    var sides = new ArrayList<>(above);
    sides.add(side);
    return sides;
  }
}
