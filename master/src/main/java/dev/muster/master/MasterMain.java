package dev.muster.master;

import dev.muster.master.job.JobConfig;
import dev.muster.master.wiring.MasterProcess;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.actor.Signals;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of a master. */
public final class MasterMain {
  private static final Logger LOG = LoggerFactory.getLogger(MasterMain.class);
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int BROKEN_INVARIANT = 70;

  /**
   * Which run, and where to listen.
   *
   * @param folder with {@code job.conf} and {@code secret}; a journal in it is resumed
   * @param listen port 0 takes the former master's or any
   * @param attached the process that started this one commands it through standard input: a line
   *     {@code stop} or its end ends the job
   */
  public record Options(RunFolder folder, InetSocketAddress listen, boolean attached) {}

  private MasterMain() {}

  /** Arguments: run folder, host:port, optionally {@code --attached}. */
  public static void main(String[] args) {
    if (args.length < 2 || args.length > 3) {
      System.err.println("usage: MasterMain RUN_FOLDER HOST:PORT [--attached]");
      System.exit(USAGE);
    }
    int colon = args[1].lastIndexOf(':');
    var listen =
        new InetSocketAddress(
            args[1].substring(0, colon), Integer.parseInt(args[1].substring(colon + 1)));
    boolean attached = args.length == 3 && args[2].equals("--attached");
    System.exit(run(new Options(new RunFolder(Path.of(args[0])), listen, attached)));
  }

  /**
   * Runs one job to its end; returns the exit code of its result, or 1 or 2 with one message on
   * standard error.
   */
  public static int run(Options options) {
    MasterProcess master;
    try {
      var settings = JobSpecReader.read(List.of(options.folder().job()), Map.of());
      var config = JobConfig.of(options.folder().run(), settings);
      master = MasterProcess.start(options.folder(), config, options.listen(), MasterMain::halt);
    } catch (JobSpecException | IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage());
      return USAGE;
    } catch (IOException | IllegalStateException failed) {
      System.err.println("cannot start the master: " + failed.getMessage());
      return FAILED;
    }
    return supervise(options, master);
  }

  private static int supervise(Options options, MasterProcess master) {
    LOG.info(
        "listening: run={} address={} secret={}; agents join with them: muster agent --run --join"
            + " --secret",
        options.folder().run(),
        master.address(),
        options.folder().secret());
    Signals.onStop(signal -> master.stop("signal " + signal));
    if (options.attached()) {
      Thread.ofPlatform().daemon().name("commands").start(() -> obeyStandardInput(master));
    }
    var result = master.result().join();
    master.close();
    return result.exitCode();
  }

  private static void obeyStandardInput(MasterProcess master) {
    try (var in = new BufferedReader(new InputStreamReader(System.in))) {
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        if (line.strip().equals("stop")) {
          master.stop("stop was asked for");
        }
      }
      master.stop("the command that started the run has ended");
    } catch (IOException unreadable) {
      master.stop("standard input cannot be read: " + unreadable.getMessage());
    }
  }

  /**
   * No shutdown hooks: they could wait for what is broken. The agents keep the workers for the
   * lease.
   */
  private static void halt(Throwable broken) {
    LOG.error("the master ends: exitCode={}", BROKEN_INVARIANT, broken);
    Runtime.getRuntime().halt(BROKEN_INVARIANT);
  }
}
