package dev.muster.worker.actor;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class JvmFlagsTest {
  @Test
  void givenTheBuildsOwnFlags_whenChecked_thenNothingIsMissing() {
    assertThatCode(JvmFlags::require).doesNotThrowAnyException();
  }

  @Test
  void givenThePackageIsNotExported_whenChecked_thenOneSentenceNamesTheFlag() {
    assertThatThrownBy(() -> JvmFlags.require(false))
        .hasMessage(
            "missing JVM flag: expected=--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
                + " actual=none; start java with it");
  }
}
