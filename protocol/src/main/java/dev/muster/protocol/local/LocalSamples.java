package dev.muster.protocol.local;

import java.util.List;
import java.util.Map;

/**
 * At least one message of every type of the worker protocol, the same in every run: golden JSON and
 * seeds of the fuzz.
 */
public final class LocalSamples {
  private LocalSamples() {}

  public static List<LocalMessage> messages() {
    return List.of(
        new FromWorker.Hello(1, "n0/3", "00ff", 4242, 4243),
        new FromWorker.Ready("tokens"),
        new FromWorker.Joined(7),
        new FromWorker.Restored(7, 50),
        new FromWorker.Stepped(7, 51),
        new FromWorker.Left(7, 51),
        new FromWorker.Failed(7, 51, "java.lang.Error: \"ü\"\n\tat A.b(A.java:1)"),
        new FromWorker.Finished(7, 300, 1.875, "00ff", List.of("held-out loss 1.875", "")),
        new FromWorker.Finished(7, 300, null, "00ff", List.of()),
        new ToWorker.Welcome(
            1,
            "run-1",
            "/dev/shm/muster-run-1/n0-3.page",
            "/dev/shm/muster-run-1",
            "/runs/run-1/samples/n0-3.log",
            -17,
            300,
            256L << 20,
            Map.of("model", "gpt-small", "learning-rate", "0.001"),
            List.of("/dev/shm/muster-run-1/n0", "/runs/run-1/snapshots/n0"),
            "/runs/run-1/checkpoints",
            ToWorker.Welcome.LEASED,
            8,
            "10.0.0.1",
            "00ff",
            "nccl"),
        new ToWorker.Form(7, 1, 4, 1, 50, -1, List.of(1, 3)),
        new ToWorker.Form(7, 1, 4, 1, 50, -1, List.of()).on(3),
        new ToWorker.Revoke(7, "worker n1/300 ended by SIGKILL"),
        new ToWorker.Stop("done"),
        new FromWorker.Ready("tokens", null),
        new FromWorker.Ready("tokens", FromWorker.Ready.SHARDED, "10.0.0.1:4002"),
        new ToWorker.Form(7, 1, 4, 1, 50, -1, List.of())
            .over(List.of("n0", "n1"), List.of("10.0.0.1:1", "10.0.0.2:2"), List.of(0, 0, 1, 1)),
        new FromWorker.Saved(7, 60),
        new FromWorker.Saved(7, 64, 2_500_000L, 100_000_000L),
        new ToWorker.SaveEvery(7, 16),
        new FromWorker.SaveFailed(7, 60, "no space for a snapshot"),
        new FromWorker.RestoreFailed(7, "damaged: file=n0-0.snap"),
        new ToWorker.Form(7, 1, 4, 1, 50, 0, List.of(0, 1), ToWorker.Form.MEMORY, 6, 10, 1, 2),
        new FromWorker.TakeRange(7, 51, 2, 100_003, 512),
        new ToWorker.Range(7, 51, 2, 0, 25_664, 64, ""),
        new FromWorker.DatasetRequest(7, 51, 3, "clicks", "take", "", 0, 500, ""),
        new ToWorker.DatasetReply(7, 3, "clicks-2", 64_000, 64_500, "stream 500", ""));
  }
}
