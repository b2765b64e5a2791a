package dev.muster.collectives.hosts;

import dev.muster.collectives.AgreementContract;
import dev.muster.collectives.CollectivesContract;
import dev.muster.collectives.Groups;
import dev.muster.collectives.LaneContract;
import dev.muster.collectives.OperationsContract;
import dev.muster.collectives.RevokeContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** What every group promises, for groups of two and three hosts. */
class HostGroupsTest {
  private HostsInOneProcess hosts;

  private Groups hosts(int count) {
    hosts = new HostsInOneProcess(count);
    return hosts;
  }

  @AfterEach
  void closeHosts() {
    hosts.close();
  }

  @Nested
  class CollectivesOfTwo extends CollectivesContract {
    @Override
    protected Groups groups() {
      return hosts(2);
    }
  }

  @Nested
  class OperationsOfTwo extends OperationsContract {
    @Override
    protected Groups groups() {
      return hosts(2);
    }
  }

  @Nested
  class OperationsOfThree extends OperationsContract {
    @Override
    protected Groups groups() {
      return hosts(3);
    }
  }

  @Nested
  class RevokingOfTwo extends RevokeContract {
    @Override
    protected Groups groups() {
      return hosts(2);
    }
  }

  @Nested
  class Lanes extends LaneContract {
    @Override
    protected Groups groups() {
      return hosts(2);
    }
  }

  @Nested
  class AgreementOfThree extends AgreementContract {
    @Override
    protected Groups groups() {
      return hosts(3);
    }

    @Override
    protected int rounds() {
      return 60;
    }
  }
}
