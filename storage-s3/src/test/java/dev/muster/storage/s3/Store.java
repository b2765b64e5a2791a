package dev.muster.storage.s3;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** An object store in this process, with one bucket; its keys are checked. */
final class Store implements BeforeAllCallback, AfterAllCallback {
  static final String BUCKET = "checkpoints";
  static final String ACCESS = "access";
  static final String SECRET = "secret";

  private static final AtomicInteger PREFIXES = new AtomicInteger();

  private S3Client client;
  private final S3Proxy server =
      S3Proxy.builder()
          .blobStore(new TransientNio2BlobStore())
          .endpoint(URI.create("http://127.0.0.1:0"))
          .awsAuthentication(AuthenticationType.AWS_V4, ACCESS, SECRET)
          .build();

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    System.setProperty("aws.accessKeyId", ACCESS);
    System.setProperty("aws.secretAccessKey", SECRET);
    server.start();
    client = client(place(""));
    client.createBucket(r -> r.bucket(BUCKET));
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    client.close();
    server.stop();
  }

  /** Nobody else uses the prefix. */
  String uri() {
    return uri(BUCKET + "/a/run-" + PREFIXES.incrementAndGet());
  }

  String uri(String bucketAndPrefix) {
    return "s3://" + bucketAndPrefix + "?endpoint=http://127.0.0.1:" + server.getPort();
  }

  S3Place place(String prefix) throws IOException {
    return S3Place.parse(URI.create(uri(BUCKET + "/" + prefix)));
  }

  S3Client client(S3Place place, ExecutionInterceptor... interceptors) throws IOException {
    return S3Clients.open(
        place,
        builder ->
            builder.overrideConfiguration(
                c -> List.of(interceptors).forEach(c::addExecutionInterceptor)));
  }

  /** That of whoever looks on. */
  S3Client client() {
    return client;
  }

  /** What is under way below a place. */
  List<MultipartUpload> uploads(S3Place place) {
    return client
        .listMultipartUploads(r -> r.bucket(place.bucket()).prefix(place.prefix()))
        .uploads();
  }
}
