package dev.muster.trainer.text;

/**
 * Non-overlapping windows over a text: window i has the inputs {@code [i·context, (i+1)·context)}
 * and, as targets, the same one byte later.
 *
 * @param context bytes predicted per window
 */
public record Windows(byte[] text, int context) {
  public long count() {
    return (text.length - 1) / context;
  }

  /**
   * The byte at {@code position} of window {@code index}, 0 to 255; position 0 to context, the last
   * one being a target only.
   */
  public int at(long index, int position) {
    return text[Math.toIntExact(index * context + position)] & 0xFF;
  }
}
