package dev.muster.worker.checkpoint.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.Box.Side;
import dev.muster.worker.checkpoint.storage.BoxCopy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A model's state whose every byte follows from the tensor's name, cut for any world size. */
public final class ModelState {
  public record Tensor(String name, DType type, List<Long> shape) {
    byte[] whole() {
      var bytes = new byte[(int) Box.whole(shape).elements() * type.sizeBytes()];
      new Random(name.hashCode()).nextBytes(bytes);
      return bytes;
    }

    NamedTensor at(Box box) {
      return at(box, false);
    }

    NamedTensor at(Box box, boolean replicated) {
      long[] lengths = shape.stream().mapToLong(Long::longValue).toArray();
      var memory = Arena.ofAuto().allocate(box.elements() * type.sizeBytes(), 8);
      return new NamedTensor(name, type, lengths, box.bounds(), memory, replicated);
    }
  }

  /** How a tensor is cut: a box for each rank. */
  public interface Cut {
    List<Box> of(Tensor tensor, int worldSize);
  }

  private ModelState() {}

  /** Sharded by rows, in a grid, and replicated: vectors, a matrix, a scalar. */
  public static final List<Tensor> MODEL =
      List.of(
          new Tensor("rows/embedding", DType.FLOAT32, List.of(29L, 16L)),
          new Tensor("rows/adamw.m", DType.FLOAT32, List.of(101L)),
          new Tensor("grid/attention", DType.BFLOAT16, List.of(24L, 36L)),
          new Tensor("norm", DType.FLOAT64, List.of(17L)),
          new Tensor("matrix", DType.UINT8, List.of(5L, 7L, 3L)),
          new Tensor("steps", DType.INT64, List.of()));

  public static List<Box> standard(Tensor tensor, int worldSize) {
    if (tensor.name().startsWith("rows/")) {
      return grid(tensor, worldSize, 1);
    }
    if (tensor.name().startsWith("grid/")) {
      int columns = worldSize % 4 == 0 ? 4 : worldSize % 3 == 0 ? 3 : 1;
      return grid(tensor, worldSize / columns, columns);
    }
    return Collections.nCopies(worldSize, Box.whole(tensor.shape()));
  }

  private static List<Box> grid(Tensor tensor, int rows, int columns) {
    return IntStream.range(0, rows * columns)
        .mapToObj(rank -> {
          var sides = new ArrayList<>(Box.whole(tensor.shape()).sides());
          sides.set(0, part(sides.get(0), rank / columns, rows));
          if (columns > 1) {
            sides.set(1, part(sides.get(1), rank % columns, columns));
          }
          return new Box(sides);
        })
        .toList();
  }

  private static Side part(Side all, int i, int n) {
    return new Side(all.to() * i / n, all.to() * (i + 1) / n);
  }

  /** Tensors of no to three dimensions; each is replicated or cut anyhow, also into nothing. */
  public static List<Tensor> random(Random random) {
    var tensors = new ArrayList<Tensor>();
    for (int i = 0; i <= random.nextInt(6); i++) {
      var shape = new ArrayList<Long>();
      for (int d = random.nextInt(4); d > 0; d--) {
        shape.add(random.nextLong(random.nextInt(8) == 0 ? 1 : 12) + random.nextInt(3));
      }
      var type = DType.values()[random.nextInt(DType.values().length)];
      tensors.add(new Tensor("t" + i, type, shape));
    }
    return tensors;
  }

  public static Cut anyhow(Random random) {
    return (tensor, worldSize) -> {
      var whole = Box.whole(tensor.shape());
      if (random.nextInt(3) == 0 || tensor.shape().isEmpty()) {
        return Collections.nCopies(worldSize, whole);
      }
      var boxes = new ArrayList<Box>();
      split(whole, worldSize, random, boxes);
      Collections.shuffle(boxes, random);
      return boxes;
    };
  }

  private static void split(Box box, int parts, Random random, List<Box> out) {
    if (parts == 1) {
      out.add(box);
      return;
    }
    int d = random.nextInt(box.dimensions());
    long at = random.nextLong(box.side(d).from(), box.side(d).to() + 1);
    int before = 1 + random.nextInt(parts - 1);
    split(with(box, d, new Side(box.side(d).from(), at)), before, random, out);
    split(with(box, d, new Side(at, box.side(d).to())), parts - before, random, out);
  }

  private static Box with(Box box, int d, Side side) {
    var sides = new ArrayList<>(box.sides());
    sides.set(d, side);
    return new Box(sides);
  }

  /** What each rank holds, all zero. */
  public static List<List<NamedTensor>> empty(List<Tensor> tensors, int worldSize, Cut cut) {
    var ranks = IntStream.range(0, worldSize).mapToObj(r -> new ArrayList<NamedTensor>()).toList();
    for (var tensor : tensors) {
      var boxes = cut.of(tensor, worldSize);
      var whole = Box.whole(tensor.shape());
      boolean replicated = boxes.stream().allMatch(whole::equals);
      for (int rank = 0; rank < worldSize; rank++) {
        ranks.get(rank).add(tensor.at(boxes.get(rank), replicated));
      }
    }
    return List.copyOf(ranks);
  }

  public static List<List<NamedTensor>> full(List<Tensor> tensors, int worldSize, Cut cut) {
    var ranks = empty(tensors, worldSize, cut);
    ranks.forEach(rank -> rank.forEach(t -> fill(tensors, t)));
    return ranks;
  }

  private static void fill(List<Tensor> tensors, NamedTensor target) {
    var tensor = tensors.stream().filter(t -> t.name().equals(target.name())).findFirst();
    BoxCopy.copy(
        MemorySegment.ofArray(tensor.orElseThrow().whole()),
        Box.whole(tensor.orElseThrow().shape()),
        target.memory(),
        Box.of(target.box()),
        target.dtype().sizeBytes());
  }

  public static void assertFull(List<Tensor> tensors, List<NamedTensor> rank, String what) {
    for (var tensor : rank) {
      var bytes = tensor.memory().toArray(ValueLayout.JAVA_BYTE);
      tensor.memory().fill((byte) 0);
      fill(tensors, tensor);
      assertThat(tensor.memory().mismatch(MemorySegment.ofArray(bytes)))
          .as("%s tensor=%s box=%s", what, tensor.name(), Arrays.deepToString(tensor.box()))
          .isEqualTo(-1);
    }
  }
}
