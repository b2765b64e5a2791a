package dev.muster.collectives.bulk;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another process with one end of the transport, to be killed in the middle. */
final class BulkProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private BulkProcess(Process process) {
    this.process = process;
    this.output = process.inputReader();
  }

  static BulkProcess start(String... arguments) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx128m", "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of(
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BulkProcess.class.getName()));
    command.addAll(List.of(arguments));
    return new BulkProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Of a process that serves. */
  InetSocketAddress address() throws IOException {
    return loopback(output.readLine());
  }

  private static InetSocketAddress loopback(String port) {
    return new InetSocketAddress(BulkTransport.LOOPBACK.getAddress(), Integer.parseInt(port));
  }

  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /**
   * CARRIER is tcp or a folder for Aeron: {@code CARRIER serve} or {@code CARRIER push PORT}; ends
   * with its standard input.
   */
  public static void main(String[] args) throws Exception {
    var transport =
        new ConnectedTransport(
            BulkTransportContract.KEY, BulkTransportContract.LIMITS, carriers(args[0]));
    if (args[1].equals("push")) {
      var endless = new Offer(new byte[0], new Pattern(1).source(1L << 50));
      transport.connect(loopback(args[2])).push(endless);
    } else {
      var shelf = new Shelf();
      shelf.sources.put("s", new Pattern(1).source(1L << 50));
      System.out.println(transport.serve(BulkTransport.LOOPBACK, shelf).address().getPort());
      System.in.readAllBytes();
    }
  }

  private static Carrier.Factory carriers(String carrier) throws IOException {
    if (carrier.equals("tcp")) {
      return SocketCarrier::new;
    }
    var media = AeronMedia.start(AeronSettings.in(Path.of(carrier)));
    return link -> new AeronCarrier(link, media);
  }
}
