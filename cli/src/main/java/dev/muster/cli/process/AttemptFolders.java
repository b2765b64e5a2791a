package dev.muster.cli.process;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The logs of a run in the folders where torchrun puts them: {@code attempt_K/LOCAL_RANK/} with
 * stdout.log, stderr.log and what the script writes into its error file; with several nodes {@code
 * attempt_K/NODE/LOCAL_RANK/}. Links into the run folder, made when a group is formed. One thread.
 */
public final class AttemptFolders {
  private final RunFolder folder;
  private final Path root;
  private int attempts;

  /**
   * @param root new, or null for none
   * @throws IOException it is there, or cannot be made
   */
  public AttemptFolders(RunFolder folder, Path root) throws IOException {
    this.folder = folder;
    this.root = root;
    if (root != null) {
      Files.createDirectories(root.getParent());
      Files.createDirectory(root);
    }
  }

  void formed(Event event) throws IOException {
    var places = LocalRanks.of(event);
    if (root == null || places.isEmpty()) {
      return;
    }
    var attempt = root.resolve("attempt_" + attempts++);
    for (var member : places.entrySet()) {
      link(attempt, member, nodes(places).size() > 1);
    }
  }

  private static Set<String> nodes(Map<String, LocalRanks.Place> places) {
    var nodes = new HashSet<String>();
    places.values().forEach(place -> nodes.add(place.node()));
    return nodes;
  }

  private void link(Path attempt, Map.Entry<String, LocalRanks.Place> member, boolean severalNodes)
      throws IOException {
    var place = member.getValue();
    var parent = severalNodes ? attempt.resolve(place.node()) : attempt;
    var logs = folder.logs().resolve(member.getKey().replace('/', '-')).toAbsolutePath();
    Files.createDirectories(parent);
    Files.createDirectories(logs); // its agent does not mind
    Files.createSymbolicLink(parent.resolve("" + place.localRank()), logs);
  }
}
