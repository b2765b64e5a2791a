package dev.muster.worker.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What one worker's loader delivered and what its group committed: the evidence that {@link
 * SampleAudit} joins. Each line is one unbuffered append, so a SIGKILL loses none that was written.
 * Step thread only.
 *
 * <pre>
 *   H samples globalBatch                        once, before the first step
 *   D generation step epoch index,index,…        before compute; no indices: an empty share
 *   R generation step dataset partition from-to  after compute: what it used of a dataset known by name
 *   C generation step loss                       after the group agreed, before the update is applied
 * </pre>
 */
public final class SampleLog implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private SampleLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  public static SampleLog open(Path file) {
    try {
      return new SampleLog(
          file,
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot open the sample log: file=" + file + " error=" + e.getMessage(), e);
    }
  }

  public void dataset(long samples, int globalBatch) {
    append("H " + samples + ' ' + globalBatch + '\n');
  }

  public void delivered(long generation, long step, long epoch, long[] indices) {
    var line = new StringBuilder(32 + indices.length * 8);
    line.append("D ")
        .append(generation)
        .append(' ')
        .append(step)
        .append(' ')
        .append(epoch)
        .append(' ');
    for (int i = 0; i < indices.length; i++) {
      line.append(i == 0 ? "" : ",").append(indices[i]);
    }
    append(line.append('\n').toString());
  }

  /**
   * @param range dataset, partition and span, between blanks
   */
  public void used(long generation, long step, String range) {
    append("R " + generation + ' ' + step + ' ' + range + '\n');
  }

  /**
   * @param loss global training loss of the step, NaN when unknown; the audit does not need it
   */
  public void committed(long generation, long step, double loss) {
    append("C " + generation + ' ' + step + ' ' + loss + '\n');
  }

  private void append(String line) {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) { // one write but for a disk that is nearly full
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot append to the sample log: file="
              + file
              + " error="
              + e.getMessage()
              + "; is the disk full?",
          e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
