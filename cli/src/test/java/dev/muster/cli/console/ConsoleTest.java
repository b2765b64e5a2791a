package dev.muster.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.attach.Status;
import dev.muster.cli.check.Finding;
import dev.muster.master.jmx.JobMXBean;
import dev.muster.master.jmx.JobSnapshot;
import dev.muster.master.jmx.MasterSnapshot;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.FirstCause;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Golden texts: what a person sees, letter by letter. */
class ConsoleTest {
  @Test
  void givenARunningJob_whenRendered_thenOneLineSaysItAll() {
    assertThat(ProgressLine.text(progress(RunState.RUNNING, ""), 60, 30))
        .isEqualTo(
            "step 120/300  loss 2.3142  52.1k tokens/s  generation 2  workers 4/4+1  left 6:00");
    assertThat(ProgressLine.text(progress(RunState.RECOVERING, "rank 2 lost"), 60, 0))
        .isEqualTo(
            "step 120/300  loss 2.3142  52.1k tokens/s  generation 2  workers 4/4+1  recovering:"
                + " rank 2 lost");
    assertThat(ProgressLine.plainCommand(progress(RunState.RUNNING, ""), 187))
        .isEqualTo("running 3:07  generation 2  workers 4/4");
  }

  @Test
  void givenALineWiderThanTheTerminal_whenFitted_thenCut() {
    assertThat(ProgressLine.fit("0123456789", 11)).isEqualTo("0123456789");
    assertThat(ProgressLine.fit("0123456789", 10)).isEqualTo("01234567…");
  }

  @Test
  void givenATerminal_whenALineComes_thenTheLiveLineMovesDown() {
    var out = new ByteArrayOutputStream();
    var screen = new Screen(new PrintStream(out, true), 40);
    screen.live("step 1");
    screen.live("step 1");
    screen.line("rank 2 lost");
    screen.live("step 2");
    screen.settle();
    assertThat(out.toString().replace("\r\u001b[2K", "<"))
        .isEqualTo("<step 1<rank 2 lost\nstep 1<step 2\n");
  }

  @Test
  void givenNoTerminal_whenALiveLineComes_thenNothingIsPrinted() {
    var out = new ByteArrayOutputStream();
    var screen = new Screen(new PrintStream(out, true), 0);
    screen.live("step 1");
    screen.line("rank 2 lost");
    screen.settle();
    assertThat(out.toString()).isEqualTo("rank 2 lost\n");
  }

  @Test
  void givenARecoveredRun_whenSummarised_thenPhasesInATable() {
    var recoveries =
        List.of(
            new Recovery(
                2,
                "rank 2 (n0/2) lost: SIGKILL",
                1.25,
                0.5,
                3,
                20.4,
                30.6,
                41,
                96.75,
                1,
                Recovery.Kind.SPARE),
            new Recovery(
                3,
                "rank 0 (n0/0) hung",
                2000,
                Double.NaN,
                3,
                20,
                31,
                41,
                Double.NaN,
                0,
                Recovery.Kind.COLD));
    var result =
        new Result(
            RunState.SUCCEEDED,
            0,
            "all steps committed",
            300,
            3,
            2.0134,
            "ab",
            List.of("held-out unigram 3.1, bigram 2.4"),
            new Result.Samples(300, 9600, 0, 0, true, 1),
            null,
            recoveries);
    assertThat(String.join("\n", Summary.lines(result, "runs/r1")))
        .isEqualTo(
            """
            succeeded: all steps committed
              final loss          2.0134
              held-out unigram 3.1, bigram 2.4
              committed steps     300
              generations         3
              samples             9600, each used exactly once
              redone steps        1
              recoveries          2 (times in ms)
              gen  kind      total  detect  decide  revoke  regroup   state  first step  redone  cause
                2  spare        97     1.3     0.5     3.0       20      31          41       1  rank 2 (n0/2) lost: SIGKILL
                3  cold          -    2000       -     3.0       20      31          41       0  rank 0 (n0/0) hung
              files               runs/r1\
            """);
  }

  @Test
  void givenAFailedRun_whenSummarised_thenTheFirstCauseWithItsTrace() {
    var cause =
        new FirstCause(
            "n0/1",
            1,
            50,
            "trainer threw IllegalStateException: loss is NaN",
            "java.lang.IllegalStateException: loss is NaN\n\tat x.Y.z(Y.java:1)");
    var result =
        new Result(
            RunState.FAILED,
            1,
            "more user errors than maxRestarts=3",
            49,
            4,
            Double.NaN,
            "",
            List.of(),
            new Result.Samples(49, 1568, 2, 1, false, 3),
            cause,
            List.of(),
            48);
    assertThat(String.join("\n", Summary.lines(result, "runs/r1")))
        .isEqualTo(
            """
            failed: more user errors than maxRestarts=3 (exit code 1)
              committed steps     49
              generations         4
              samples             1568, NOT exactly once: duplicates=2 missing=1
              redone steps        3
              recoveries          none
              first cause         trainer threw IllegalStateException: loss is NaN (rank 1, worker n0/1, step 50)
                java.lang.IllegalStateException: loss is NaN
                  at x.Y.z(Y.java:1)
              saved               step 48; go on with: ./muster run --resume runs/r1
              files               runs/r1\
            """);
  }

  @Test
  void givenAStatus_whenRendered_thenJobNodesAndRanks() {
    var job =
        new Status.Job(
            "RUNNING",
            "",
            2,
            2,
            1,
            2,
            1,
            120,
            300,
            370,
            2.3142,
            52_100,
            "tokens",
            1,
            0.097,
            Map.of("infrastructure", 1L),
            3,
            new JobSnapshot.Failure(
                "infrastructure", "n0", "n0/1", 1, 99, 0, "rank 1 (n0/1) lost: SIGKILL"),
            List.of(
                new JobMXBean.RankRow(0, "n0/0", "n0", 71, 120, 0),
                new JobMXBean.RankRow(1, "n0/2", "n0", 73, 119, 1)));
    var status =
        new Status(
            "r1",
            "ACTIVE",
            1,
            "127.0.0.1:4000",
            0,
            "0.1.0",
            List.of(
                new MasterSnapshot.NodeRow("n0", "127.0.0.1", "UN", 3, 3, 0.42, 9, ""),
                new MasterSnapshot.NodeRow(
                    "n1", "127.0.0.1", "DN", 3, 0, Double.NaN, 9, "end of file")),
            job);
    assertThat(String.join("\n", StatusTable.lines(status)))
        .isEqualTo(
            """
            run r1  RUNNING  generation 2  step 120/300 (40.0 %)  left 6:10
            loss 2.3142  52.1k tokens/s  workers 2/2 (at least 1)  spares 1
            recoveries 1 (last 97 ms)  losses 1 infrastructure  user errors left 3
            last failure  rank 1 (n0/1) lost: SIGKILL

            NODE         ST    SLOTS  RANKS         BEAT AGE  NOTE
            n0           UN      3/3  0,1              0.4 s
            n1           DN      0/3  -                    -  end of file

            RANK  WORKER       NODE              PID      STEP   LAG
               0  n0/0         n0                 71       120     0
               1  n0/2         n0                 73       119     1\
            """);
  }

  @Test
  void givenFindings_whenRendered_thenTheVerdictIsLast() {
    var findings =
        List.of(
            new Finding("jdk", Finding.Verdict.OK, "25"),
            new Finding("/dev/shm", Finding.Verdict.WARN, "64 MiB free"),
            new Finding("setsid", Finding.Verdict.FAIL, "not on the PATH"));
    assertThat(CheckTable.lines(findings))
        .containsExactly(
            "ok    jdk           25",
            "warn  /dev/shm      64 MiB free",
            "fail  setsid        not on the PATH",
            "",
            "not ready: 1 failure");
    assertThat(CheckTable.lines(findings.subList(0, 2))).endsWith("ready, with 1 warning");
  }

  @Test
  void givenAnEvent_whenRendered_thenTimeAndText() {
    assertThat(
            EventLine.text(
                new Event(3_723_004, "worker.lost", "rank 2 lost", Map.of()), ZoneOffset.UTC))
        .contains("01:02:03.004  rank 2 lost");
    assertThat(EventLine.text(new Event(0, "job.detail", "rank 2 lost", Map.of()), ZoneOffset.UTC))
        .isEmpty();
  }

  private static Progress progress(RunState state, String detail) {
    return new Progress(
        state, detail, 2, 120, 300, 2.31421, 52_123, "tokens", 4, 4, 1, 1, 0, List.of());
  }
}
