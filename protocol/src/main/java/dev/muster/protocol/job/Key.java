package dev.muster.protocol.job;

import com.typesafe.config.ConfigValue;
import java.util.Optional;

/**
 * One setting: its path, what it accepts in words, and how its value is read.
 *
 * @param accepted completes the sentence "expected …"
 * @param parser gives empty for a value that is not accepted
 */
public record Key<T>(String path, String accepted, Parser<T> parser) {
  /** Reads a value that may be wrong. */
  public interface Parser<T> {
    Optional<T> parse(ConfigValue value);
  }

  @Override
  public String toString() {
    return path;
  }
}
