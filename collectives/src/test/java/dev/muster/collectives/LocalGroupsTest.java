package dev.muster.collectives;

import org.junit.jupiter.api.Nested;

class LocalGroupsTest {
  @Nested
  class Collectives extends CollectivesContract {
    @Override
    Groups groups() {
      return new LocalGroups();
    }
  }

  @Nested
  class Revoking extends RevokeContract {
    @Override
    Groups groups() {
      return new LocalGroups();
    }
  }

  @Nested
  class Agreement extends AgreementContract {
    @Override
    Groups groups() {
      return new LocalGroups();
    }
  }
}
