package dev.muster.worker;

import java.util.List;

/**
 * Data that is known by its name and taken in ranges ({@link RangeSource}): a stream, whose
 * partitions have offsets and need no end, or indices from 0, each once per epoch.
 *
 * @param name without white space
 * @param rangeSize most offsets or positions of one range; too small: a message per few samples,
 *     too large: much to read again after a failure
 * @param samples in an epoch; 0: a stream
 * @param epochs how many; 0: endless
 * @param shuffled in an order of its own for each epoch, a function of the job's seed and the name
 */
public record NamedDataset(
    String name, int rangeSize, long samples, long epochs, boolean shuffled) {
  public NamedDataset {
    requireWord("dataset", name);
    if (rangeSize < 1 || samples < 0 || epochs < 0) {
      throw new IllegalArgumentException(
          "impossible dataset: name=%s rangeSize=%d samples=%d epochs=%d"
              .formatted(name, rangeSize, samples, epochs));
    }
  }

  /** Offsets of partitions, as far as they are offered ({@link RangeSource#offer}). */
  public static NamedDataset stream(String name, int rangeSize) {
    return new NamedDataset(name, rangeSize, 0, 0, false);
  }

  /** Indices from 0 in an order of their own for each epoch. */
  public static NamedDataset shuffled(String name, int rangeSize, long samples, long epochs) {
    return new NamedDataset(name, rangeSize, samples, epochs, true);
  }

  /** Indices from 0 upwards. */
  public static NamedDataset ordered(String name, int rangeSize, long samples, long epochs) {
    return new NamedDataset(name, rangeSize, samples, epochs, false);
  }

  public boolean stream() {
    return samples == 0;
  }

  /** Where what is done of a partition is entered: epochs are one behind the other, in one line. */
  public String doneIn(String partition) {
    return stream() ? partition : "epochs";
  }

  /** The place there of an offset, or of a position of an epoch. */
  public long doneAt(String partition, long position) {
    return stream() ? position : Long.parseLong(partition) * samples + position;
  }

  /** What {@link #parse} reads. */
  public String definition() {
    return stream()
        ? "stream %s %d".formatted(name, rangeSize)
        : "indices %s %d %d %d %s".formatted(name, rangeSize, samples, epochs, shuffled);
  }

  /**
   * @throws IllegalArgumentException it is no definition
   */
  public static NamedDataset parse(String definition) {
    List<String> words = List.of(definition.split(" "));
    if (words.size() == 3 && words.getFirst().equals("stream")) {
      return stream(words.get(1), Integer.parseInt(words.get(2)));
    }
    if (words.size() == 6 && words.getFirst().equals("indices")) {
      return new NamedDataset(
          words.get(1),
          Integer.parseInt(words.get(2)),
          Long.parseLong(words.get(3)),
          Long.parseLong(words.get(4)),
          Boolean.parseBoolean(words.get(5)));
    }
    throw new IllegalArgumentException("no definition of a dataset: text=" + definition);
  }

  /** Names stand between blanks and in lines. */
  static String requireWord(String what, String name) {
    if (name.isEmpty() || name.chars().anyMatch(c -> c <= ' ')) {
      throw new IllegalArgumentException(
          "a %s needs a name without white space: name=%s".formatted(what, name));
    }
    return name;
  }
}
