package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final String GOLDEN =
      "{\"format\":1,\"job\":\"gpt\",\"run\":\"run-1\",\"step\":100,\"worldSize\":2,\"generation\":3,"
          + "\"createdMs\":1700000000000,\"shards\":["
          + "{\"rank\":0,\"file\":\"shard-0.g3.safetensors\",\"sizeBytes\":96,\"crc32c\":4294967295,"
          + "\"tensors\":[{\"name\":\"w\",\"dtype\":\"F32\",\"shape\":[4,2],"
          + "\"box\":[[0,2],[0,2]],\"offset\":80}]},"
          + "{\"rank\":1,\"file\":\"shard-1.g3.safetensors\",\"sizeBytes\":96,\"crc32c\":0,"
          + "\"tensors\":[{\"name\":\"w\",\"dtype\":\"F32\",\"shape\":[4,2],"
          + "\"box\":[[2,4],[0,2]],\"offset\":80}]}]}";

  @Test
  void givenAManifest_whenEncoded_thenTheGoldenJsonAndBack() throws IOException {
    var manifest = decode(GOLDEN);
    assertThat(manifest.shards().get(1).tensors().getFirst().box())
        .isEqualTo(BoxCopyTest.box("2:4 0:2"));
    assertThat(new String(ManifestJson.encode(manifest), StandardCharsets.UTF_8)).isEqualTo(GOLDEN);
  }

  @Test
  void givenAFieldOfALaterTime_whenRead_thenIgnored() throws IOException {
    assertThat(decode(GOLDEN.replace("\"job\"", "\"later\":{\"x\":1},\"job\"")))
        .isEqualTo(decode(GOLDEN));
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"format\":1|\"format\":2|another format: expected=1 actual=2",
        "\"format\":1|\"format\":\"1\"|not a manifest",
        "\"step\":100|\"step\":1.5|not a manifest",
        "\"step\":100|\"step\":-1|impossible manifest: step=-1",
        "\"step\":100,|``|not a manifest",
        "\"job\":\"gpt\"|\"job\":null|not a manifest",
        "\"job\":\"gpt\"|\"job\":\"gpt\",\"job\":\"gpt\"|not a manifest",
        "\"worldSize\":2|\"worldSize\":1|one shard at most of each rank: worldSize=1 rank=1",
        "\"rank\":1|\"rank\":0|one shard at most of each rank: worldSize=2 rank=0",
        "shard-1.g3.safe|../1.safe|file name of another shard: expected=shard-1.g3.safetensors",
        "4294967295|4294967296|not a CRC32C",
        "\"offset\":80|\"offset\":81|tensor beyond its file: file=shard-0.g3.safetensors tensor=w",
        "\"offset\":80|\"offset\":7|tensors overlap in their file",
        "F32|F33|not a manifest",
        "F32|F16|shards disagree on a tensor: file=shard-1.g3.safetensors tensor=w expected=F16[4,"
            + " 2]",
        "[2,4],[0,2]|[3,5],[0,2]|box outside of its tensor",
        "[2,4],[0,2]|[2,4]|box outside of its tensor",
        "[2,4],[0,2]|[4,2],[0,2]|not a side of a box: expected 0 <= from <= to, from=4 to=2",
        "[2,4],[0,2]|[2],[0,2]|not a side of a box",
        "[2,4],[0,2]|[1,3],[0,2]|boxes overlap: tensor=w boxes=[[0:2, 0:2], [1:3, 0:2]]",
        "[2,4],[0,2]|[2,3],[0,2]|in no shard: tensor=w shape=[4, 2] expectedElements=8"
            + " actualElements=6",
        "[2,4],[0,2]|[0,2],[0,2]|expectedElements=8 actualElements=4",
        "[4,2]|[9223372036854775807,2]|larger than any file",
        "}]}]}|}]}]} x|not a manifest",
      })
  void givenAContradiction_whenRead_thenRefusedWithTheReason(
      String part, String other, String message) {
    // the last element of the shapes differs only in the first shard, of the boxes in the second
    int at = other.startsWith("[9") ? -1 : GOLDEN.indexOf(part);
    var json =
        at < 0
            ? GOLDEN.replace(part, other)
            : GOLDEN.substring(0, at) + other + GOLDEN.substring(at + part.length());
    assertThat(json).isNotEqualTo(GOLDEN);
    assertThatThrownBy(() -> decode(json))
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("file=m");
  }

  @Test
  void givenAnyCut_whenRead_thenADefiniteError() {
    var bytes = GOLDEN.getBytes(StandardCharsets.UTF_8);
    for (int n = 0; n < bytes.length; n++) {
      var cut = Arrays.copyOf(bytes, n);
      assertThatThrownBy(() -> ManifestJson.decode("m", cut))
          .isInstanceOf(DamagedCheckpointException.class);
    }
  }

  @Test
  void givenReplicasScalarsAndEmptyBoxes_whenChecked_thenFine() throws IOException {
    var scalar = new Box(List.of());
    ManifestCheck.check(manifest(List.of(), scalar, scalar));
    var whole = Box.whole(List.of(4L, 2L));
    ManifestCheck.check(manifest(List.of(4L, 2L), whole, whole, BoxCopyTest.box("4:4 0:2")));
    ManifestCheck.check(manifest(List.of(0L, 2L), Box.whole(List.of(0L, 2L))));
  }

  /** Cuts a shape at random, in any dimension, and then takes one box out or doubles a part. */
  @Test
  void givenAnyTiling_whenChecked_thenFineAndNotWithAPieceMissingOrTwice() throws IOException {
    var random = new Random(13);
    for (int i = 0; i < 300; i++) {
      var shape = List.of(4L, 6L, 3L);
      var boxes = new ArrayList<>(List.of(Box.whole(shape)));
      for (int cuts = 1 + random.nextInt(6); cuts > 0; cuts--) {
        cut(boxes, random);
      }
      ManifestCheck.check(manifest(shape, boxes.toArray(Box[]::new)));
      var missing = new ArrayList<>(boxes);
      missing.remove(random.nextInt(missing.size()));
      assertRefused(shape, missing, i);
      var twice = new ArrayList<>(boxes);
      twice.add(new Box(List.of(side(0, 4), side(0, 5), side(0, 3))));
      if (!boxes.contains(twice.getLast())) { // then it is a replica
        assertRefused(shape, twice, i);
      }
    }
  }

  private static void assertRefused(List<Long> shape, List<Box> boxes, int run) {
    if (!boxes.isEmpty()) { // without any box there is no tensor
      assertThatThrownBy(() -> ManifestCheck.check(manifest(shape, boxes.toArray(Box[]::new))))
          .as("seed=13 case=%s boxes=%s", run, boxes)
          .isInstanceOf(DamagedCheckpointException.class);
    }
  }

  private static Box.Side side(long from, long to) {
    return new Box.Side(from, to);
  }

  private static void cut(List<Box> boxes, Random random) {
    var box = boxes.remove(random.nextInt(boxes.size()));
    int d = random.nextInt(box.dimensions());
    long at = box.side(d).from() + random.nextInt((int) box.length(d) + 1);
    for (var side : List.of(side(box.side(d).from(), at), side(at, box.side(d).to()))) {
      var sides = new ArrayList<>(box.sides());
      sides.set(d, side);
      var part = new Box(sides);
      if (!part.isEmpty()) {
        boxes.add(part);
      }
    }
  }

  static Manifest manifest(List<Long> shape, Box... boxes) {
    var shards = new ArrayList<Manifest.Shard>();
    for (var box : boxes) {
      int rank = shards.size();
      var tensor = new Manifest.Tensor("w", ElementType.U8, shape, box, 8);
      shards.add(
          new Manifest.Shard(
              rank, CheckpointStorage.shardFile(rank, 1), 1 << 10, 0, List.of(tensor)));
    }
    return new Manifest(Manifest.FORMAT, "job", "run-1", 1, boxes.length, 1, 0, shards);
  }

  private static Manifest decode(String json) throws DamagedCheckpointException {
    return ManifestJson.decode("m", json.getBytes(StandardCharsets.UTF_8));
  }
}
