package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.FencedException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxTest {
  private final Mailbox mailbox = new Mailbox();

  @Test
  void givenTwoForms_whenTaken_thenOnlyTheNewerIsObeyed() throws Exception {
    mailbox.put(form(2));
    mailbox.put(form(4));
    mailbox.put(form(3)); // late
    assertThat(mailbox.take()).isEqualTo(form(4));
    assertThat(mailbox.supersedes(3)).isTrue();
    assertThat(mailbox.supersedes(4)).isFalse();
  }

  @Test
  void givenARevokeOfAFormNotYetObeyed_whenTaken_thenOnlyTheRevokeIsLeft() throws Exception {
    mailbox.put(form(2));
    mailbox.put(new ToWorker.Revoke(2, "member died"));
    mailbox.put(form(2)); // of a generation that is over
    mailbox.put(form(3));
    assertThat(mailbox.take()).isEqualTo(new ToWorker.Revoke(2, "member died"));
    assertThat(mailbox.take()).isEqualTo(form(3));
  }

  @Test
  void givenAnOldRevoke_whenANewerFormWaits_thenTheFormStays() throws Exception {
    mailbox.put(form(5));
    mailbox.put(new ToWorker.Revoke(4, "late"));
    assertThat(mailbox.take()).isInstanceOf(ToWorker.Revoke.class);
    assertThat(mailbox.take()).isEqualTo(form(5));
    assertThat(mailbox.supersedes(5)).isFalse();
  }

  @Test
  void givenAStop_whenTaken_thenItComesFirstAndStays() throws Exception {
    mailbox.put(form(1));
    mailbox.put(new ToWorker.Stop("done"));
    assertThat(mailbox.take()).isEqualTo(new ToWorker.Stop("done"));
    assertThat(mailbox.stop()).isEqualTo(new ToWorker.Stop("done"));
  }

  @Test
  void givenAFence_whenTaken_thenItThrowsTheFirstReason() {
    mailbox.put(new ToWorker.Stop("done"));
    mailbox.fence("lease ran out");
    mailbox.fence("socket closed");
    assertThatThrownBy(mailbox::take)
        .isInstanceOf(FencedException.class)
        .hasMessage("lease ran out");
  }

  private static ToWorker.Form form(long generation) {
    return new ToWorker.Form(generation, 0, 1, 0, 0, -1, List.of());
  }
}
