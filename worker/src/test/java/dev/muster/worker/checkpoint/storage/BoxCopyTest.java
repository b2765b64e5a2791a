package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoxCopyTest {
  private static final int CASES = 400;

  @ParameterizedTest(name = "elementBytes={0}")
  @ValueSource(ints = {1, 2, 4, 8})
  void givenAnyTwoBoxes_whenCopied_thenTheSameBytesAsElementByElement(int elementBytes) {
    var random = new Random(elementBytes);
    for (int i = 0; i < CASES; i++) {
      var shape = shape(random, random.nextInt(6));
      var source = box(random, shape);
      var target = box(random, shape);
      var from = bytes(random, source, elementBytes);
      var expected = bytes(random, target, elementBytes);
      var actual = expected.clone();
      naive(from, source, expected, target, elementBytes);

      BoxCopy.copy(
          MemorySegment.ofArray(from), source, MemorySegment.ofArray(actual), target, elementBytes);

      assertThat(actual)
          .as("seed=%s case=%s source=%s target=%s", elementBytes, i, source, target)
          .isEqualTo(expected);
    }
  }

  @Test
  void givenATensorSplitAlongItsFirstDimension_whenCopied_thenInOneRun() {
    assertThat(runs("0:8 0:5 0:3", "2:6 0:5 0:3")).containsExactly("120,0,240");
    assertThat(runs("4:8 0:5", "0:6 0:5")).containsExactly("0,80,40");
  }

  @Test
  void givenASplitAlongTheLastDimension_whenCopied_thenOneRunPerRow() {
    assertThat(runs("0:3 0:4", "0:3 1:3")).containsExactly("4,0,8", "20,8,8", "36,16,8");
  }

  @Test
  void givenNothingInCommon_whenCopied_thenNoRun() {
    assertThat(runs("0:2 0:4", "2:4 0:4")).isEmpty();
    assertThat(runs("0:2 1:1", "0:2 0:4")).isEmpty();
  }

  @Test
  void givenMemoryOfAnotherSize_whenCopied_thenRefused() {
    var box = Box.whole(List.of(4L));
    assertThatThrownBy(() ->
            BoxCopy.copy(
                MemorySegment.ofArray(new byte[16]),
                box,
                MemorySegment.ofArray(new byte[15]),
                box,
                4))
        .hasMessageContaining("what=target expectedBytes=16 actualBytes=15");
  }

  /** The slabs of a box put end to end are its memory; none is larger than asked. */
  @Test
  void givenAnyBox_whenCutIntoSlabs_thenTheyFollowEachOtherAndHoldAllOfIt() {
    var random = new Random(7);
    for (int i = 0; i < CASES; i++) {
      var shape = shape(random, random.nextInt(5));
      var whole = box(random, shape);
      long bytesMax = 4 + random.nextInt(100);
      var at = new long[1];
      BoxSlabs.forEach(
          whole,
          whole,
          4,
          bytesMax,
          slab -> {
            assertThat(slab.offset()).isEqualTo(at[0]);
            assertThat(slab.box().elements() * 4).isBetween(4L, bytesMax);
            assertThat(whole.contains(slab.box())).isTrue();
            at[0] += slab.box().elements() * 4;
          });
      assertThat(at[0]).as("seed=7 case=%s box=%s", i, whole).isEqualTo(whole.elements() * 4);
    }
  }

  @Test
  void givenAPartOfABox_whenCutIntoSlabs_thenItsElementsAreAllThere() {
    var random = new Random(11);
    for (int i = 0; i < CASES; i++) {
      var shape = shape(random, 1 + random.nextInt(4));
      var whole = box(random, shape);
      var wanted = whole.intersect(box(random, shape));
      if (wanted.isPresent()) {
        var memory = bytes(random, whole, 1);
        var expected = new byte[(int) wanted.get().elements()];
        var actual = new byte[expected.length];
        naive(memory, whole, expected, wanted.get(), 1);
        BoxSlabs.forEach(
            whole,
            wanted.get(),
            1,
            1 + random.nextInt(20),
            slab ->
                BoxCopy.copy(
                    MemorySegment.ofArray(memory).asSlice(slab.offset(), slab.box().elements()),
                    slab.box(),
                    MemorySegment.ofArray(actual),
                    wanted.get(),
                    1));
        assertThat(actual).as("seed=11 case=%s", i).isEqualTo(expected);
      }
    }
  }

  private static List<String> runs(String source, String target) {
    var runs = new ArrayList<String>();
    BoxCopy.forEachRun(box(source), box(target), 4, (s, t, n) -> runs.add(s + "," + t + "," + n));
    return runs;
  }

  static Box box(String sides) {
    var box = new ArrayList<Box.Side>();
    for (var side : sides.split(" ")) {
      var ends = side.split(":");
      box.add(new Box.Side(Long.parseLong(ends[0]), Long.parseLong(ends[1])));
    }
    return new Box(box);
  }

  private static List<Long> shape(Random random, int dimensions) {
    return LongStream.generate(() -> 1 + random.nextInt(6)).limit(dimensions).boxed().toList();
  }

  /** Whole sides are likely, because they are what makes runs longer. */
  private static Box box(Random random, List<Long> shape) {
    return new Box(shape.stream().map(n -> side(random, n.intValue())).toList());
  }

  private static Box.Side side(Random random, int length) {
    int from = random.nextBoolean() ? 0 : random.nextInt(length + 1);
    return new Box.Side(from, from == 0 ? length : from + random.nextInt(length + 1 - from));
  }

  private static byte[] bytes(Random random, Box box, int elementBytes) {
    var bytes = new byte[Math.toIntExact(box.elements() * elementBytes)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void naive(byte[] from, Box source, byte[] to, Box target, int elementBytes) {
    for (long e = 0; e < target.elements(); e++) {
      var index = index(e, target);
      if (inside(index, source)) {
        System.arraycopy(
            from,
            (int) position(index, source) * elementBytes,
            to,
            (int) e * elementBytes,
            elementBytes);
      }
    }
  }

  private static long[] index(long position, Box box) {
    var index = new long[box.dimensions()];
    for (int d = index.length - 1; d >= 0; d--) {
      index[d] = box.side(d).from() + position % box.length(d);
      position /= box.length(d);
    }
    return index;
  }

  private static boolean inside(long[] index, Box box) {
    return IntStream.range(0, index.length)
        .allMatch(d -> box.side(d).from() <= index[d] && index[d] < box.side(d).to());
  }

  private static long position(long[] index, Box box) {
    long position = 0;
    for (int d = 0; d < index.length; d++) {
      position = position * box.length(d) + index[d] - box.side(d).from();
    }
    return position;
  }
}
