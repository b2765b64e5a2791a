package dev.muster.storage.s3;

import dev.muster.worker.checkpoint.storage.PendingFile;
import dev.muster.worker.checkpoint.storage.StepStorage;
import dev.muster.worker.checkpoint.storage.StoredFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/**
 * Checkpoints as objects {@code <prefix>step-<n>/<file>}. An object is there at one instant, whole
 * ({@link S3Upload}), and the manifest is the last; so a crash at any instant leaves earlier
 * checkpoints whole, and uploads that nobody sees until the next checkpoint ends them. Needs a
 * store that shows at once what was written and deleted, as Amazon's does since 2020. Any thread,
 * as far as {@link dev.muster.worker.checkpoint.storage.CheckpointStorage} allows.
 */
final class S3Storage extends StepStorage {
  private static final int DELETED_AT_ONCE = 1000;

  private final S3Place place;
  private final S3Client client;
  private final Requests requests;

  S3Storage(S3Place place, S3Client client) {
    this.place = place;
    this.client = client;
    this.requests = new Requests(place);
  }

  private String key(long step, String file) {
    return place.key(directoryName(step), file);
  }

  @Override
  protected String place(long step) {
    return "s3://" + place.bucket() + '/' + key(step, "");
  }

  @Override
  protected PendingFile create(long step, String file) throws IOException {
    return new S3Upload(client, requests, key(step, file));
  }

  @Override
  protected void abandon(long step, Predicate<String> files) throws IOException {
    var prefix = key(step, "");
    for (var upload : uploads(prefix)) {
      var file = upload.key().substring(prefix.length());
      if (ours(file) && files.test(file)) {
        abort(client, requests, upload.key(), upload.uploadId());
      }
    }
  }

  private List<MultipartUpload> uploads(String prefix) throws IOException {
    return requests.run(
        "list unfinished uploads",
        prefix,
        () ->
            client
                .listMultipartUploadsPaginator(r -> r.bucket(place.bucket()).prefix(prefix))
                .uploads()
                .stream()
                .toList());
  }

  /** Nothing, when it is over already. */
  static void abort(S3Client client, Requests requests, String key, String id) throws IOException {
    var bucket = requests.place().bucket();
    try {
      requests.run(
          "give up checkpoint file",
          key,
          () -> client.abortMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(id)));
    } catch (NoSuchFileException over) {
      // by its writer, or by another one that wants the name
    }
  }

  @Override
  protected void remove(long step, Predicate<String> files) throws IOException {
    var keys =
        files(step).stream()
            .map(Stored::file)
            .filter(file -> ours(file) && files.test(file))
            .map(file -> ObjectIdentifier.builder().key(key(step, file)).build())
            .toList();
    for (int i = 0; i < keys.size(); i += DELETED_AT_ONCE) {
      delete(step, keys.subList(i, Math.min(keys.size(), i + DELETED_AT_ONCE)));
    }
  }

  private void delete(long step, List<ObjectIdentifier> keys) throws IOException {
    var deleted =
        requests.run(
            "delete checkpoint files",
            key(step, ""),
            () ->
                client.deleteObjects(
                    r -> r.bucket(place.bucket()).delete(d -> d.objects(keys).quiet(true))));
    if (deleted.hasErrors()) {
      throw new IOException(
          "cannot delete checkpoint files: place=%s errors=%s"
              .formatted(place(step), deleted.errors()));
    }
  }

  /** A deletion that was answered holds. */
  @Override
  protected void settle(long step) {}

  /** There are no directories. */
  @Override
  protected void tidy(long step) {}

  @Override
  public List<Long> steps() throws IOException {
    return requests.run(
        "list checkpoints",
        place.prefix(),
        () ->
            steps(
                client
                    .listObjectsV2Paginator(
                        r -> r.bucket(place.bucket()).prefix(place.prefix()).delimiter("/"))
                    .commonPrefixes()
                    .stream()
                    .map(CommonPrefix::prefix)));
  }

  /** Sorted; of keys or prefixes of them. */
  private List<Long> steps(Stream<String> keys) {
    return keys.map(key -> key.substring(place.prefix().length()))
        .filter(rest -> rest.indexOf('/') > 0)
        .map(rest -> stepOf(rest.substring(0, rest.indexOf('/'))))
        .filter(OptionalLong::isPresent)
        .map(OptionalLong::getAsLong)
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  protected List<Long> begun() throws IOException {
    var begun = new TreeSet<>(steps());
    begun.addAll(steps(uploads(place.prefix()).stream().map(MultipartUpload::key)));
    return List.copyOf(begun);
  }

  @Override
  public List<Stored> files(long step) throws IOException {
    var prefix = key(step, "");
    return requests.run(
        "list checkpoint files",
        prefix,
        () -> {
          var files = new ArrayList<Stored>();
          client
              .listObjectsV2Paginator(r -> r.bucket(place.bucket()).prefix(prefix).delimiter("/"))
              .contents()
              .forEach(object ->
                  files.add(
                      new Stored(
                          object.key().substring(prefix.length()),
                          object.size(),
                          object.lastModified().toEpochMilli())));
          return files;
        });
  }

  @Override
  public StoredFile open(long step, String file) throws IOException {
    if (!ours(file)) {
      throw new NoSuchFileException(place(step) + ": no file of a checkpoint: " + file);
    }
    var key = key(step, file);
    var head =
        requests.run(
            "open checkpoint file",
            key,
            () -> client.headObject(r -> r.bucket(place.bucket()).key(key)));
    return new S3Object(client, requests, key, head.contentLength(), head.eTag());
  }
}
