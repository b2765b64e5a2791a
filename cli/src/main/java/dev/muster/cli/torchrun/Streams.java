package dev.muster.cli.torchrun;

import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code --redirects} and {@code --tee}: which streams of a process, 0 none, 1 out, 2 err, 3 both;
 * for all local ranks or for some, {@code 0:3,1:1}.
 *
 * @param ofAll of local ranks that are not named
 */
record Streams(int ofAll, Map<Integer, Integer> byLocalRank) {
  static final int OUT = 1;
  static final int ERR = 2;
  static final Streams NONE = new Streams(0, Map.of());

  boolean has(int localRank, int stream) {
    return (byLocalRank.getOrDefault(localRank, ofAll) & stream) != 0;
  }

  static final class Converter implements ITypeConverter<Streams> {
    @Override
    public Streams convert(String text) {
      if (text.matches("[0-3]")) {
        return new Streams(Integer.parseInt(text), Map.of());
      }
      if (!text.matches("\\d{1,5}:[0-3](,\\d{1,5}:[0-3])*")) {
        throw new TypeConversionException(
            "expected=0..3 or LOCALRANK:0..3,... (1 stdout, 2 stderr, 3 both) actual=" + text);
      }
      var some = new HashMap<Integer, Integer>();
      for (var pair : text.split(",")) {
        var words = pair.split(":");
        some.put(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
      }
      return new Streams(0, Map.copyOf(some));
    }
  }
}
