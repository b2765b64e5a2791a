package dev.muster.master.budget;

import java.util.List;
import java.util.Locale;

/**
 * Words by which PyTorch's backends say that another rank is gone. Such a failure is a consequence:
 * its cause is told by whoever died, perhaps a little later.
 */
public final class PeerLoss {
  private static final List<String> SIGNS =
      List.of(
          "connection closed by peer",
          "connection reset by peer",
          "connection refused",
          "broken pipe",
          "remote process exited",
          "remote peer",
          "ncclremoteerror",
          "nccl communicator was aborted",
          "watchdog caught collective operation timeout");

  private PeerLoss() {}

  /**
   * @param error what the rank left, empty if nothing
   */
  public static boolean in(String error) {
    var words = error.toLowerCase(Locale.ROOT);
    return SIGNS.stream().anyMatch(words::contains);
  }
}
