package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.TransferException;
import dev.muster.worker.checkpoint.snapshot.SavedState;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import dev.muster.worker.runtime.ManagedProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A node in a process of its own, to be killed. */
public final class PeerProcess implements AutoCloseable {
  private static final long MIB = 1 << 20;

  private final Process process;
  private final BufferedReader lines;

  private PeerProcess(Path folder, List<String> arguments) throws IOException {
    var command = ManagedProcess.command(PeerProcess.class, arguments);
    var errors = ProcessBuilder.Redirect.appendTo(folder.resolve("stderr").toFile());
    process = new ProcessBuilder(command).redirectError(errors).start();
    lines = process.inputReader();
  }

  /** Saves and pushes one step after the other, for ever; a line for each that has arrived. */
  static PeerProcess pushing(Path folder, long lastStep, InetSocketAddress peer)
      throws IOException {
    var arguments = List.of(folder.toString(), peer.getPort() + "", lastStep + "");
    return new PeerProcess(folder, arguments);
  }

  /** Takes what is pushed. */
  static PeerProcess serving(Path folder) throws IOException {
    return new PeerProcess(folder, List.of(folder.toString()));
  }

  /** Null after the last one. */
  String line() throws IOException {
    return lines.readLine();
  }

  InetSocketAddress address() throws IOException {
    return address(lines.readLine());
  }

  private static InetSocketAddress address(String port) {
    return new InetSocketAddress(BulkTransport.LOOPBACK.getAddress(), Integer.parseInt(port));
  }

  /** SIGKILL; what it had printed can still be read. */
  void kill() throws InterruptedException {
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  static SavedState state(Arena arena) {
    return SavedState.of(arena, "w", 20 * MIB, 3, 4 * MIB + 1);
  }

  public static void main(String[] args) throws Exception {
    var folder = Path.of(args[0]);
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var transport = BulkTransport.tcp(PeerStoreContract.KEY, BulkLimits.DEFAULT);
    if (args.length == 1) {
      out.println(new Host(folder, "b", transport).address().getPort());
      System.in.readAllBytes();
      return;
    }
    var owner = new Host(folder, "a", transport);
    try (var arena = Arena.ofShared();
        var writer = new SnapshotWriter(owner.places, "a-0")) {
      var state = state(arena);
      for (long step = Long.parseLong(args[2]) + 1; ; step++) {
        writer.save(SavedState.at(step, 1), state.fill(step).tensors());
        push(owner, step, address(args[1]));
        out.println(step);
      }
    }
  }

  /** The peer may not know yet that the process before this one is dead. */
  private static void push(Host owner, long step, InetSocketAddress peer) throws TransferException {
    while (true) {
      try {
        owner.store.push("a-0", SavedState.at(step, 1), peer);
        return;
      } catch (TransferException e) {
        if (!Refusal.IN_USE.is(e)) {
          throw e;
        }
      }
    }
  }
}
