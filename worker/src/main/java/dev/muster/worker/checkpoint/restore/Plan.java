package dev.muster.worker.checkpoint.restore;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Which pieces fill which targets, so that every element of every target is filled. A piece that
 * holds all of a target is taken alone, the first of them; otherwise each piece that adds
 * something. Pure.
 */
record Plan(List<Copy> copies) {
  record Copy(Piece piece, NamedTensor target, Box box) {}

  Plan {
    copies = List.copyOf(copies);
  }

  /**
   * @throws UnusableStateException a target's tensor is unknown, another one, or has a part that no
   *     piece holds
   */
  static Plan of(Collection<Piece> pieces, List<NamedTensor> targets)
      throws UnusableStateException {
    Map<String, List<Piece>> byName = new HashMap<>();
    pieces.forEach(p -> byName.computeIfAbsent(p.name(), n -> new ArrayList<>()).add(p));
    var copies = new ArrayList<Copy>();
    for (var target : targets) {
      add(target, byName.getOrDefault(target.name(), List.of()), copies);
    }
    return new Plan(copies);
  }

  private static void add(NamedTensor target, List<Piece> pieces, List<Copy> copies)
      throws UnusableStateException {
    var box = Box.of(target.box());
    if (pieces.isEmpty()) {
      throw new UnusableStateException("no such tensor: tensor=" + target.name() + " box=" + box);
    }
    for (var piece : pieces) {
      requireSame(target, piece);
    }
    Region missing = Region.of(box);
    for (var piece : preferred(pieces, box)) {
      if (missing.meets(piece.box())) {
        missing = missing.without(piece.box());
        copies.add(new Copy(piece, target, box));
      }
    }
    requireNone(missing, target, box);
  }

  private static List<Piece> preferred(List<Piece> pieces, Box box) {
    return Stream.concat(
            pieces.stream().filter(p -> p.box().contains(box)).limit(1), pieces.stream())
        .toList();
  }

  private static void requireSame(NamedTensor target, Piece piece) throws UnusableStateException {
    var type = ElementType.of(target.dtype());
    var shape = Arrays.stream(target.globalShape()).boxed().toList();
    if (piece.type() != type || !piece.shape().equals(shape)) {
      throw new UnusableStateException(
          "another tensor of this name: tensor="
              + target.name()
              + " expected="
              + type
              + shape
              + " actual="
              + piece.type()
              + piece.shape()
              + " file="
              + piece.file());
    }
  }

  private static void requireNone(Region missing, NamedTensor target, Box box)
      throws UnusableStateException {
    if (!missing.isEmpty()) {
      throw new UnusableStateException(
          "a part of a tensor is nowhere: tensor="
              + target.name()
              + " box="
              + box
              + " missing="
              + missing.boxes());
    }
  }

  /** Each piece once, in the order of the copies. */
  Collection<Piece> pieces() {
    var pieces = new LinkedHashSet<Piece>();
    copies.forEach(c -> pieces.add(c.piece));
    return pieces;
  }
}
