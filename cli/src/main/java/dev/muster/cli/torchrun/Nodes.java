package dev.muster.cli.torchrun;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code --nnodes}: a number, or {@code MIN:MAX} for an elastic job. */
record Nodes(int min, int max) {
  static final Nodes ONE = new Nodes(1, 1);

  static final class Converter implements ITypeConverter<Nodes> {
    @Override
    public Nodes convert(String text) {
      var words = text.split(":", -1);
      try {
        int min = Integer.parseInt(words[0]);
        int max = Integer.parseInt(words[words.length - 1]);
        if (words.length <= 2 && 1 <= min && min <= max) {
          return new Nodes(min, max);
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw new TypeConversionException("expected=N or MIN:MAX with 1<=MIN<=MAX actual=" + text);
    }
  }
}
