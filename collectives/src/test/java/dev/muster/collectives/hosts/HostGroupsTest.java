package dev.muster.collectives.hosts;

import dev.muster.collectives.AgreementContract;
import dev.muster.collectives.CollectivesContract;
import dev.muster.collectives.Groups;
import dev.muster.collectives.LaneContract;
import dev.muster.collectives.OperationsContract;
import dev.muster.collectives.RevokeContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** What every group promises, for groups of two to five hosts. */
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
  class OperationsOfFive extends OperationsContract {
    /** Between the sizes that are drawn, so that all ways are taken. */
    @Override
    protected Groups groups() {
      hosts = new HostsInOneProcess(5, new Crossovers(16 << 10, 50_000, 800_000, 200_000));
      return hosts;
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
