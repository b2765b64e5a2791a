package dev.muster.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3PlaceTest {
  private static S3Place parse(String uri) throws IOException {
    return S3Place.parse(URI.create(uri));
  }

  @Test
  void givenAUri_whenParsed_thenBucketPrefixAndServer() throws IOException {
    assertThat(parse("s3://models/gpt//"))
        .isEqualTo(new S3Place("models", "gpt/", Optional.empty(), Optional.empty(), false));
    assertThat(parse("s3://models").key("step-1", "x")).isEqualTo("step-1/x");
    var minio = parse("s3://a_b/c/d?endpoint=http://host:9000&region=eu-west-1");
    assertThat(minio.key("step-1", "x")).isEqualTo("c/d/step-1/x");
    assertThat(minio.endpoint()).contains(URI.create("http://host:9000"));
    assertThat(minio.region()).contains("eu-west-1");
    assertThat(minio.pathStyle()).as("what servers without names for buckets need").isTrue();
    assertThat(parse("s3://a-b?endpoint=https://h&path-style=false").pathStyle()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3:///prefix",
        "s3://user:key@bucket/x",
        "s3://bucket/x?endpiont=http://h",
        "s3://bucket/x?endpoint=host:9000",
        "s3://bucket/x?endpoint=ftp://h",
        "s3://bucket/x?region",
        "s3://bucket/x?region=a&region=b",
        "s3://bucket/x?path-style=yes",
      })
  void givenAUriThatNamesNoPlace_whenParsed_thenTheFormIsShown(String uri) {
    assertThatThrownBy(() -> parse(uri))
        .hasMessageContaining("not a place for checkpoints: uri=" + uri)
        .hasMessageContaining("expected s3://BUCKET/PREFIX");
  }
}
