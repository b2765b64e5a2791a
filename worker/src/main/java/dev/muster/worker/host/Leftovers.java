package dev.muster.worker.host;

import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Segments of groups of runs whose agents were all killed: nobody else removes them. Found by the
 * sockets these agents have left, to which nobody listens any more; a folder without a socket is
 * not a run's. What a resumed run goes on from, its snapshots, stays.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
  private static final String RUNS = "muster-*";

  private Leftovers() {}

  /**
   * Never fails: what cannot be read belongs to somebody else.
   *
   * @param shared folder of the run that starts, whose own socket is not there yet
   * @return files deleted, there and in folders beside it
   */
  static int sweep(Path shared) {
    int deleted = 0;
    for (Path folder : folders(shared)) {
      try {
        int here = killed(folder) ? SharedMemoryGroups.sweep(folder) : 0;
        if (here > 0) {
          LOG.info("removed segments of a killed run: folder={} files={}", folder, here);
        }
        deleted += here;
      } catch (IOException | UncheckedIOException | SecurityException e) {
        LOG.debug("left as it is: folder={}", folder, e);
      }
    }
    return deleted;
  }

  private static List<Path> folders(Path shared) {
    var folders = new ArrayList<Path>();
    folders.add(shared);
    try (var beside = Files.newDirectoryStream(shared.toAbsolutePath().getParent(), RUNS)) {
      beside.forEach(folders::add);
    } catch (IOException unreadable) {
      LOG.debug("cannot look for killed runs beside: folder={}", shared, unreadable);
    }
    return folders.stream().distinct().toList();
  }

  private static boolean killed(Path folder) throws IOException {
    boolean any = false;
    try (var sockets = Files.newDirectoryStream(folder, "*.sock")) {
      for (Path socket : sockets) {
        if (answers(socket)) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  private static boolean answers(Path socket) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException refused) {
      return false;
    }
  }
}
