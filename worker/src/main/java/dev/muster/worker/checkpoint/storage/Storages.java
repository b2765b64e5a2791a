package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.regex.Pattern;

/**
 * From where checkpoints are said to be kept to the storage: a folder that all hosts see, or the
 * URI of a {@link StorageModule} on the class path.
 */
public final class Storages {
  private static final Pattern URI_LIKE = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://.*");

  private Storages() {}

  /** Whether it is a URI, not a folder. */
  public static boolean remote(String place) {
    return URI_LIKE.matcher(place).matches();
  }

  /** A folder as all processes of this host find it; a URI as it is. */
  public static String absolute(String place) {
    return remote(place) ? place : Path.of(place).toAbsolutePath().toString();
  }

  /**
   * Asks no server.
   *
   * @throws IOException definite: no such place can be; says why, and what to do
   */
  public static CheckpointStorage open(String place) throws IOException {
    var match = URI_LIKE.matcher(place);
    return match.matches()
        ? module(match.group(1), place).open(uri(place))
        : new PosixStorage(Path.of(place));
  }

  private static URI uri(String place) throws IOException {
    try {
      return new URI(place);
    } catch (URISyntaxException e) {
      throw new IOException("not a URI of checkpoints: " + e.getMessage(), e);
    }
  }

  private static StorageModule module(String scheme, String place) throws IOException {
    List<StorageModule> found =
        ServiceLoader.load(StorageModule.class, Storages.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    return found.stream()
        .filter(m -> m.scheme().equalsIgnoreCase(scheme))
        .findFirst()
        .orElseThrow(() ->
            new IOException(
                "no module keeps checkpoints there: place=%s scheme=%s known=%s; put its jar on the class path of master, agents and workers (docs/storage.md), or name a folder"
                    .formatted(place, scheme, found.stream().map(StorageModule::scheme).toList())));
  }
}
