package dev.muster.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaCommandTest {
  @TempDir Path target;

  @Test
  void givenClassesKeptBesideTheJar_whenStarted_thenEveryProcessIsToldOfThem() throws IOException {
    var archive = Files.createFile(target.resolve("muster.jsa"));
    var classPath = target.resolve("muster.jar") + File.pathSeparator + "/own/classes";
    assertThat(JavaCommand.archive(classPath)).contains("-XX:SharedArchiveFile=" + archive);
  }

  @Test
  void givenNoneKept_whenStarted_thenTheClassesOfTheJdkAreUsed() {
    assertThat(JavaCommand.archive(target.resolve("muster.jar").toString())).isEmpty();
    assertThat(JavaCommand.archive("muster.jar")).isEmpty();
  }
}
