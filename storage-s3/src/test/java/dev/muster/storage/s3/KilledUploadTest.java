package dev.muster.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.Checkpoints;
import dev.muster.worker.checkpoint.storage.Storages;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** A process is killed with SIGKILL while it uploads the parts of a shard. */
@Timeout(60)
class KilledUploadTest {
  @RegisterExtension static final Store STORE = new Store();

  private static final long SHARD_BYTES = 1L << 30; // nobody waits for its end

  @TempDir private Path folder;

  /** Uploads one shard that takes long. */
  static final class Uploader {
    public static void main(String[] args) throws IOException {
      var memory = Arena.global().allocate(SHARD_BYTES);
      var tensor = NamedTensor.replicated("w", DType.UINT8, new long[] {SHARD_BYTES}, memory);
      new CheckpointWriter(Storages.open(args[0])).writeShard(200, 1, 0, List.of(tensor));
    }
  }

  @Test
  void givenAProcessThatIsKilledInAnUpload_whenTrainingGoesOn_thenTheFormerStays_andPartsGo()
      throws Exception {
    var uri = STORE.uri();
    var place = S3Place.parse(URI.create(uri));
    var storage = Storages.open(uri);
    Checkpoints.write(storage, 100, 1, 2);
    var uploader = start(uri);
    int parts = awaitParts(place, uploader);
    uploader.destroyForcibly().waitFor();
    System.out.println("killed with parts sent: " + parts);
    assertThat(STORE.uploads(place)).as("what the dead one left").hasSize(1);
    var choice = new Catalog(storage).newestValid(Long.MAX_VALUE, Depth.BYTES);
    assertThat(choice.step()).as(choice.reason()).hasValue(100);
    Checkpoints.assertRestores(storage, 100, 3);
    Checkpoints.write(storage, 300, 2, 2);
    assertThat(storage.steps()).containsExactly(100L, 300L);
    assertThat(STORE.uploads(place)).as("its parts cost no space any more").isEmpty();
  }

  private Process start(String uri) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var classes = System.getProperty("java.class.path");
    var builder =
        new ProcessBuilder(
            java,
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m", // a shard never lies in the heap
            "-Daws.accessKeyId=" + Store.ACCESS,
            "-Daws.secretAccessKey=" + Store.SECRET,
            "-cp",
            classes,
            Uploader.class.getName(),
            uri);
    return builder.redirectErrorStream(true).redirectOutput(log()).start();
  }

  private File log() {
    return folder.resolve("uploader.log").toFile();
  }

  private int awaitParts(S3Place place, Process uploader) throws IOException {
    while (uploader.isAlive()) {
      for (var upload : STORE.uploads(place)) {
        int parts = parts(place, upload);
        if (parts >= 2) {
          return parts;
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20)); // looks again, decides nothing
    }
    throw new AssertionError("it ended by itself: " + Files.readString(log().toPath()));
  }

  private static int parts(S3Place place, MultipartUpload upload) {
    return STORE
        .client()
        .listParts(r -> r.bucket(place.bucket()).key(upload.key()).uploadId(upload.uploadId()))
        .parts()
        .size();
  }
}
