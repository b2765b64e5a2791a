package dev.muster.storage.s3;

import dev.muster.worker.checkpoint.storage.DamagedCheckpointException;
import dev.muster.worker.checkpoint.storage.StoredFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * One version of an object, read by ranges: once it is replaced, reading fails. Any thread.
 *
 * @param version which one
 */
record S3Object(S3Client client, Requests requests, String key, long size, String version)
    implements StoredFile {
  /** A read that breaks off loses no more than this. */
  private static final long REQUEST_BYTES = 64 << 20;

  private static final int CHUNK_BYTES = 64 << 10;

  /** One more request takes as long as so many bytes. */
  private static final long SEEK_BYTES = 4 << 20;

  @Override
  public String name() {
    return "s3://" + requests.place().bucket() + '/' + key;
  }

  @Override
  public long sizeBytes() {
    return size;
  }

  @Override
  public long seekBytes() {
    return SEEK_BYTES;
  }

  @Override
  public void read(long offset, MemorySegment target) throws IOException {
    if (offset + target.byteSize() > size) {
      throw new DamagedCheckpointException(
          "file is truncated: file=%s expectedBytes>=%d actualBytes=%d"
              .formatted(name(), offset + target.byteSize(), size));
    }
    for (long at = 0; at < target.byteSize(); at += REQUEST_BYTES) {
      long bytes = Math.min(REQUEST_BYTES, target.byteSize() - at);
      readAll(offset + at, target.asSlice(at, bytes));
    }
  }

  /** The SDK tries a request again, not the rest of an answer that breaks off. */
  private void readAll(long offset, MemorySegment target) throws IOException {
    for (long done = 0; done < target.byteSize(); ) {
      var rest = target.asSlice(done);
      try (var in = request(offset + done, rest.byteSize())) {
        done += copy(in, rest);
      }
    }
  }

  private InputStream request(long offset, long bytes) throws IOException {
    var range = "bytes=" + offset + '-' + (offset + bytes - 1);
    return requests.run(
        "read checkpoint file",
        key,
        () ->
            client.getObject(
                r -> r.bucket(requests.place().bucket()).key(key).range(range).ifMatch(version)));
  }

  /** As much as comes, at least something. */
  private long copy(InputStream in, MemorySegment target) throws IOException {
    var chunk = new byte[(int) Math.min(CHUNK_BYTES, target.byteSize())];
    long done = 0;
    try {
      for (int n; done < target.byteSize() && (n = in.read(chunk)) > 0; done += n) {
        MemorySegment.copy(chunk, 0, target, ValueLayout.JAVA_BYTE, done, n);
      }
    } catch (IOException e) {
      if (done == 0) {
        throw new IOException("cannot read checkpoint file: file=" + name() + " reason=" + e, e);
      }
    }
    if (done == 0) {
      throw new IOException("the store sent nothing: file=" + name());
    }
    return done;
  }

  /** Nothing is open between two reads. */
  @Override
  public void close() {}
}
