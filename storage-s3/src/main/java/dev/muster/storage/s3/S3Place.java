package dev.muster.storage.s3;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Where in which object store.
 *
 * @param prefix of all keys, empty or with a slash at its end
 * @param endpoint of a store that is not Amazon's; empty: as the SDK finds it
 * @param region empty: as the SDK finds it
 * @param pathStyle the bucket is named in the path, not in the host name
 */
record S3Place(
    String bucket,
    String prefix,
    Optional<URI> endpoint,
    Optional<String> region,
    boolean pathStyle) {
  private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");
  private static final String ENDPOINT = "endpoint";
  private static final String REGION = "region";
  private static final String PATH_STYLE = "path-style";
  private static final Set<String> KNOWN = Set.of(ENDPOINT, REGION, PATH_STYLE);

  /**
   * @throws IOException it names no place; says why
   */
  static S3Place parse(URI uri) throws IOException {
    var bucket = Objects.requireNonNullElse(uri.getRawAuthority(), "");
    if (!BUCKET.matcher(bucket).matches()) {
      throw wrong(uri, "no bucket: " + bucket + "; credentials do not belong into the URI");
    }
    var settings = settings(uri);
    var endpoint = endpoint(uri, settings.get(ENDPOINT));
    var style = settings.getOrDefault(PATH_STYLE, "" + endpoint.isPresent());
    if (!style.equals("true") && !style.equals("false")) {
      throw wrong(uri, PATH_STYLE + " is neither true nor false: " + style);
    }
    return new S3Place(
        bucket,
        prefix(uri),
        endpoint,
        Optional.ofNullable(settings.get(REGION)),
        style.equals("true"));
  }

  private static String prefix(URI uri) {
    var path = uri.getPath().replaceAll("^/+|/+$", "");
    return path.isEmpty() ? "" : path + "/";
  }

  private static Map<String, String> settings(URI uri) throws IOException {
    var settings = new TreeMap<String, String>();
    if (uri.getQuery() != null) {
      for (var setting : uri.getQuery().split("&")) {
        int equals = setting.indexOf('=');
        var name = setting.substring(0, Math.max(0, equals));
        if (!KNOWN.contains(name) || settings.put(name, setting.substring(equals + 1)) != null) {
          throw wrong(uri, "not a setting, or there twice: " + setting);
        }
      }
    }
    return settings;
  }

  private static Optional<URI> endpoint(URI uri, String text) throws IOException {
    if (text == null) {
      return Optional.empty();
    }
    try {
      var endpoint = URI.create(text);
      if (endpoint.getHost() != null && Set.of("http", "https").contains(endpoint.getScheme())) {
        return Optional.of(endpoint);
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw wrong(uri, "endpoint is no URL of a server: " + text);
  }

  private static IOException wrong(URI uri, String what) {
    return new IOException(
        "not a place for checkpoints: uri=%s problem=%s; expected s3://BUCKET/PREFIX?endpoint=http://HOST:PORT&region=NAME&path-style=true, all but the bucket optional"
            .formatted(uri, what));
  }

  String key(String step, String file) {
    return prefix + step + '/' + file;
  }

  @Override
  public String toString() {
    return "s3://" + bucket + '/' + prefix + endpoint.map(e -> " at " + e).orElse("");
  }
}
