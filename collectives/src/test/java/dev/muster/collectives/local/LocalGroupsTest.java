package dev.muster.collectives.local;

import dev.muster.collectives.AgreementContract;
import dev.muster.collectives.CollectivesContract;
import dev.muster.collectives.Groups;
import dev.muster.collectives.LaneContract;
import dev.muster.collectives.OperationsContract;
import dev.muster.collectives.RevokeContract;
import org.junit.jupiter.api.Nested;

class LocalGroupsTest {
  @Nested
  class Collectives extends CollectivesContract {
    @Override
    protected Groups groups() {
      return new LocalGroups();
    }
  }

  @Nested
  class Operations extends OperationsContract {
    @Override
    protected Groups groups() {
      return new LocalGroups();
    }
  }

  @Nested
  class Revoking extends RevokeContract {
    @Override
    protected Groups groups() {
      return new LocalGroups();
    }
  }

  @Nested
  class Lanes extends LaneContract {
    @Override
    protected Groups groups() {
      return new LocalGroups();
    }
  }

  @Nested
  class Agreement extends AgreementContract {
    @Override
    protected Groups groups() {
      return new LocalGroups();
    }
  }
}
