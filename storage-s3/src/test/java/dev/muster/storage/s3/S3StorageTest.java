package dev.muster.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.Checkpoints;
import dev.muster.worker.checkpoint.storage.StorageContract;
import dev.muster.worker.checkpoint.storage.Storages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.core.sync.RequestBody;

class S3StorageTest extends StorageContract {
  @RegisterExtension static final Store STORE = new Store();

  private S3Place place;

  /** As a run does: by the URI alone. */
  @Override
  protected CheckpointStorage open() throws IOException {
    var uri = STORE.uri();
    place = S3Place.parse(URI.create(uri));
    return Storages.open(uri);
  }

  @Override
  protected int worldSizeMax() {
    return 2;
  }

  @Override
  protected void overwrite(long step, String file, byte[] bytes) throws IOException {
    var key = place.key("step-" + step, file);
    STORE.client().putObject(r -> r.bucket(place.bucket()).key(key), RequestBody.fromBytes(bytes));
  }

  @Test
  void givenAFileOfManyParts_whenWrittenInPieces_thenAnyRangeOfItIsRead() throws IOException {
    var bytes = new byte[2 * S3Upload.PART_BYTES + 12_345];
    new Random(7).nextBytes(bytes);
    try (var out = storage.put(100, "shard-0.g1.safetensors")) {
      for (int at = 0; at < bytes.length; at += 1_000_000) {
        out.write(ByteBuffer.wrap(bytes, at, Math.min(1_000_000, bytes.length - at)));
      }
      assertThat(storage.files(100)).as("before it is finished").isEmpty();
      out.finish();
    }
    try (var file = storage.open(100, "shard-0.g1.safetensors")) {
      assertThat(file.sizeBytes()).isEqualTo(bytes.length);
      for (int from : new int[] {0, S3Upload.PART_BYTES - 5, bytes.length - 10}) {
        var part = new byte[10];
        file.read(from, MemorySegment.ofArray(part));
        assertThat(part).as("from %d", from).isEqualTo(Arrays.copyOfRange(bytes, from, from + 10));
      }
      var all = new byte[bytes.length];
      file.read(0, MemorySegment.ofArray(all));
      assertThat(Arrays.equals(all, bytes)).isTrue();
      var beyond = MemorySegment.ofArray(new byte[2]);
      assertThatThrownBy(() -> file.read(bytes.length - 1, beyond))
          .hasMessageContaining("file is truncated");
    }
  }

  @Test
  void givenAFileThatIsReplacedWhileRead_whenReadOn_thenNeverBytesOfTheOther() throws IOException {
    Checkpoints.write(storage, 100, 1, 1);
    try (var file = storage.open(100, "shard-0.g1.safetensors")) {
      overwrite(100, "shard-0.g1.safetensors", new byte[(int) file.sizeBytes()]);
      assertThatThrownBy(() -> file.read(0, MemorySegment.ofArray(new byte[8])))
          .hasMessageContaining("cannot read checkpoint file");
    }
  }

  @Test
  void givenFilesOfSomebodyElse_whenDeletedOrSwept_thenTheyStay() throws IOException {
    Checkpoints.write(storage, 100, 1, 1);
    overwrite(100, "README", new byte[4]);
    overwrite(7, "x/y", new byte[4]);
    storage.delete(100);
    storage.removeUncommitted(Long.MAX_VALUE);
    assertThat(storage.files(100).stream().map(CheckpointStorage.Stored::file))
        .containsExactly("README");
    assertThat(storage.steps()).containsExactly(7L, 100L);
  }

  @Test
  void givenAnotherPrefixOfTheBucket_whenListed_thenNothingOfIt() throws IOException {
    Checkpoints.write(storage, 100, 1, 1);
    assertThat(new Catalog(open()).list()).isEmpty();
    assertThat(Storages.open(STORE.uri(Store.BUCKET)).steps()).isEmpty();
  }

  @Test
  void givenABucketThatIsNotThere_whenUsed_thenTheUserIsToldToCreateIt() throws IOException {
    var nowhere = Storages.open(STORE.uri("nowhere/x"));
    assertThatThrownBy(nowhere::steps)
        .hasMessageContaining("cannot list checkpoints: place=s3://nowhere/x/")
        .hasMessageContaining("create the bucket nowhere first");
    assertThatThrownBy(() -> Checkpoints.write(nowhere, 1, 1, 1))
        .hasMessageContaining("create the bucket nowhere first");
  }

  @Test
  void givenWrongCredentials_whenUsed_thenTheUserIsToldWhichRightsAreNeeded() throws IOException {
    System.setProperty("aws.secretAccessKey", "wrong");
    try {
      assertThatThrownBy(() -> Checkpoints.write(Storages.open(STORE.uri()), 1, 1, 1))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("access denied: these credentials need s3:ListBucket");
    } finally {
      System.setProperty("aws.secretAccessKey", Store.SECRET);
    }
  }

  @Test
  void givenNoServer_whenUsed_thenTheEndpointIsNamed() throws IOException {
    var uri = "s3://bucket/x?endpoint=http://127.0.0.1:1";
    var storage = Storages.open(uri);
    assertThatThrownBy(storage::steps)
        .hasMessageContaining("place=s3://bucket/x/ at http://127.0.0.1:1")
        .hasMessageContaining("is the endpoint right");
  }
}
