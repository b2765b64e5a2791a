package dev.muster.storage.s3;

import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Connects as the SDK's standard chain says: environment, profile, container, instance. */
final class S3Clients {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** Of silence, not of a whole transfer. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  /** What servers that know no regions are told. */
  private static final Region ANY = Region.US_EAST_1;

  private S3Clients() {}

  static S3Client open(S3Place place) throws IOException {
    return open(place, builder -> builder);
  }

  /**
   * @throws IOException nothing says in which region
   */
  static S3Client open(S3Place place, UnaryOperator<S3ClientBuilder> more) throws IOException {
    var http = Apache5HttpClient.builder().connectionTimeout(CONNECT).socketTimeout(SILENCE);
    var builder = S3Client.builder().httpClientBuilder(http).forcePathStyle(place.pathStyle());
    place.endpoint().ifPresent(builder::endpointOverride);
    if (place.region().isPresent()) {
      builder.region(Region.of(place.region().get()));
    } else if (place.endpoint().isPresent()) {
      builder.region(ANY);
    }
    try {
      return more.apply(builder).build();
    } catch (SdkException e) {
      throw new IOException(
          "cannot reach the object store: place=%s reason=%s; set AWS_REGION, or add ?region=NAME"
              .formatted(place, e.getMessage()),
          e);
    }
  }
}
