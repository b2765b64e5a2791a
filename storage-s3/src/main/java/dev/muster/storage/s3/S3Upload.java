package dev.muster.storage.s3;

import dev.muster.worker.checkpoint.storage.PendingFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * A file as a multipart upload, whatever its size: it is nothing that anybody sees before it is
 * complete, and whoever wants the name aborts it. Keeps one part in memory.
 */
final class S3Upload implements PendingFile {
  /** The store takes no smaller part but the last, and 10,000 parts. */
  static final int PART_BYTES = 8 << 20;

  /** After so many, parts become larger by as much: 10,000 of them hold 430 GiB. */
  private static final int SAME_SIZE_PARTS = 1000;

  private static final int FIRST_BYTES = 64 << 10;

  private final S3Client client;
  private final Requests requests;
  private final String key;
  private final String id;
  private final List<CompletedPart> parts = new ArrayList<>();
  private byte[] part = new byte[FIRST_BYTES];
  private int filled;
  private long writtenBytes;
  private boolean open = true;
  private boolean finished;

  S3Upload(S3Client client, Requests requests, String key) throws IOException {
    this.client = client;
    this.requests = requests;
    this.key = key;
    this.id =
        requests.run(
            "begin checkpoint file",
            key,
            () -> client.createMultipartUpload(r -> r.bucket(bucket()).key(key)).uploadId());
  }

  private String bucket() {
    return requests.place().bucket();
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int written = bytes.remaining();
    while (bytes.hasRemaining()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new ClosedByInterruptException();
      }
      fill(bytes);
    }
    return written;
  }

  private void fill(ByteBuffer bytes) throws IOException {
    int most = PART_BYTES * (1 + parts.size() / SAME_SIZE_PARTS);
    int n = Math.min(bytes.remaining(), most - filled);
    if (filled + n > part.length) {
      part = Arrays.copyOf(part, (int) Math.min(most, Math.max(filled + n, 2L * part.length)));
    }
    bytes.get(part, filled, n);
    filled += n;
    writtenBytes += n;
    if (filled == most) {
      send();
    }
  }

  private void send() throws IOException {
    int number = parts.size() + 1;
    int bytes = filled;
    var body =
        RequestBody.fromContentProvider(
            () -> new ByteArrayInputStream(part, 0, bytes), bytes, "application/octet-stream");
    var sent =
        unlessAborted(
            "write",
            () ->
                client.uploadPart(
                    r -> r.bucket(bucket()).key(key).uploadId(id).partNumber(number), body));
    parts.add(
        CompletedPart.builder()
            .partNumber(number)
            .eTag(sent.eTag())
            .checksumCRC32(sent.checksumCRC32())
            .build());
    filled = 0;
  }

  @Override
  public void finish() throws IOException {
    if (filled > 0 || parts.isEmpty()) {
      send();
    }
    unlessAborted(
        "finish",
        () ->
            client.completeMultipartUpload(r ->
                r.bucket(bucket()).key(key).uploadId(id).multipartUpload(m -> m.parts(parts))));
    finished = true;
  }

  private <T> T unlessAborted(String what, Supplier<T> request) throws IOException {
    return requests.run(
        what + " checkpoint file",
        key,
        () -> {
          try {
            return request.get();
          } catch (S3Exception e) {
            throw Requests.absentUpload(e) ? aborted(e) : e;
          }
        });
  }

  private S3Exception aborted(S3Exception e) {
    return (S3Exception)
        S3Exception.builder()
            .message(
                "the upload is over: writtenBytes=%d; a later attempt took the file, or its step was given up or committed (%s)"
                    .formatted(writtenBytes, e.getMessage()))
            .statusCode(409)
            .cause(e)
            .build();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    if (open && !finished) {
      S3Storage.abort(client, requests, key, id);
    }
    open = false;
    part = new byte[0];
  }
}
