package dev.muster.collectives.shared;

import dev.muster.collectives.Groups;
import dev.muster.collectives.OperationsContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Where ranks may not read each other's memory, as in some containers: all goes through stages. */
class StagedGroupsTest extends OperationsContract {
  @BeforeEach
  void forbid() {
    System.setProperty(PeerMemory.SWITCH, "false");
  }

  @AfterEach
  void permit() {
    System.clearProperty(PeerMemory.SWITCH);
  }

  @Override
  protected Groups groups() {
    return new SharedMemoryGroups();
  }
}
