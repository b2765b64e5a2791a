package dev.muster.protocol.wire;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;

/**
 * Input over one frame that checks every declared length against the bytes left before anything is
 * allocated. Plain Kryo allocates first, so that a frame of a few bytes can ask for gigabytes.
 */
final class BoundedInput extends Input {
  BoundedInput(byte[] frame) {
    super(frame);
  }

  private int need(int count, int bytesEach) {
    if (count < 0 || (long) count * bytesEach > limit() - position()) {
      throw new KryoException(
          "declared length exceeds the frame: length="
              + count
              + " bytesLeft="
              + (limit() - position()));
    }
    return count;
  }

  @Override
  public String readString() {
    checkCharacters();
    return super.readString();
  }

  @Override
  public StringBuilder readStringBuilder() {
    checkCharacters();
    return super.readStringBuilder();
  }

  /**
   * Strings that are not ASCII begin with their number of characters plus one; each takes at least
   * a byte.
   */
  private void checkCharacters() {
    int start = position();
    if (readVarIntFlag()) {
      int countPlusOne = readVarIntFlag(true);
      if (countPlusOne != 0) {
        need(countPlusOne - 1, 1);
      }
    }
    setPosition(start);
  }

  @Override
  public byte[] readBytes(int n) {
    return super.readBytes(need(n, Byte.BYTES));
  }

  @Override
  public boolean[] readBooleans(int n) {
    return super.readBooleans(need(n, 1));
  }

  @Override
  public short[] readShorts(int n) {
    return super.readShorts(need(n, Short.BYTES));
  }

  @Override
  public char[] readChars(int n) {
    return super.readChars(need(n, Character.BYTES));
  }

  @Override
  public int[] readInts(int n) {
    return super.readInts(need(n, Integer.BYTES));
  }

  @Override
  public int[] readInts(int n, boolean optimizePositive) {
    return super.readInts(need(n, 1), optimizePositive);
  }

  @Override
  public long[] readLongs(int n) {
    return super.readLongs(need(n, Long.BYTES));
  }

  @Override
  public long[] readLongs(int n, boolean optimizePositive) {
    return super.readLongs(need(n, 1), optimizePositive);
  }

  @Override
  public float[] readFloats(int n) {
    return super.readFloats(need(n, Float.BYTES));
  }

  @Override
  public double[] readDoubles(int n) {
    return super.readDoubles(need(n, Double.BYTES));
  }
}
