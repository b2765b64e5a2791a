package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.WorkerId;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemberNamesTest {
  @Test
  void givenMembers_whenReadOrHashed_thenAsAListOfTheirNames() {
    var group =
        new Group(
            new Generation(1),
            List.of(
                new Member(WorkerId.parse("n0/0"), 0),
                new Member(WorkerId.parse("gpu-7/10"), 1),
                new Member(WorkerId.parse("n12/2147483647"), 2)));
    var names = List.of("n0/0", "gpu-7/10", "n12/2147483647");
    assertThat(new MemberNames(group)).isEqualTo(names).hasSameHashCodeAs(names);
    assertThat(new MemberNames(Group.NONE)).isEmpty();
    assertThat(new MemberNames(Group.NONE).hashCode()).isEqualTo(List.of().hashCode());
  }
}
