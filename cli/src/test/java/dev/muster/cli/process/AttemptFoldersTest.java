package dev.muster.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttemptFoldersTest {
  @TempDir Path temp;

  private RunFolder folder() {
    return new RunFolder(temp.resolve("run"));
  }

  private static Event formed(String... members) {
    return new Event(0, "generation.formed", "", Map.of("members", List.of(members)));
  }

  private void logs(String worker, String text) throws IOException {
    Files.createDirectories(folder().logs().resolve(worker));
    Files.writeString(folder().logs().resolve(worker).resolve("stdout.log"), text);
  }

  @Test
  void givenTwoGroupsOfOneNode_whenFormed_thenAnAttemptEachByLocalRank() throws IOException {
    var root = temp.resolve("logs").resolve("id");
    var folders = new AttemptFolders(folder(), root);
    folders.formed(formed("n0/0", "n0/1"));
    folders.formed(formed("n0/2", "n0/3"));
    folders.formed(new Event(0, "worker.exited", "", Map.of()));
    logs("n0-1", "first");
    logs("n0-2", "second");
    assertThat(root.resolve("attempt_0/1/stdout.log")).hasContent("first");
    assertThat(root.resolve("attempt_1/0/stdout.log")).hasContent("second");
    assertThat(root.resolve("attempt_2")).doesNotExist();
  }

  @Test
  void givenSeveralNodes_whenFormed_thenAFolderForEach() throws IOException {
    var root = temp.resolve("id");
    new AttemptFolders(folder(), root).formed(formed("n0/0", "n1/0"));
    logs("n1-0", "of n1");
    assertThat(root.resolve("attempt_0/n1/0/stdout.log")).hasContent("of n1");
  }

  @Test
  void givenAFolderThatIsThere_whenMade_thenRefused() throws IOException {
    Files.createDirectories(temp.resolve("id"));
    assertThatThrownBy(() -> new AttemptFolders(folder(), temp.resolve("id")))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
