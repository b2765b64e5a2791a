package dev.muster.protocol.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Appends events to {@code events.jsonl}, one line each, visible to readers at once. One writer;
 * any thread may call it.
 */
public final class EventLog implements AutoCloseable {
  private final FileChannel file;

  private EventLog(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens for appending; a master that takes over goes on in the same file. A line left unfinished
   * is closed first.
   */
  public static EventLog open(Path path) throws IOException {
    var options =
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var file = FileChannel.open(path, options, mode);
    file.position(file.size());
    var log = new EventLog(file);
    if (file.size() > 0 && lastByte(file) != '\n') {
      log.append(ByteBuffer.wrap(new byte[] {'\n'}));
    }
    return log;
  }

  /**
   * @throws IOException indefinite: a part of the line may have been written; readers skip what is
   *     not JSON
   */
  public synchronized void append(Event event) throws IOException {
    var json = RunJson.bytes(event);
    append(ByteBuffer.allocate(json.length + 1).put(json).put((byte) '\n').flip());
  }

  private void append(ByteBuffer line) throws IOException {
    while (line.hasRemaining()) {
      file.write(line);
    }
  }

  private static byte lastByte(FileChannel file) throws IOException {
    var one = ByteBuffer.allocate(1);
    file.read(one, file.size() - 1);
    return one.get(0);
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }
}
