package dev.muster.trainer.settings;

import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Typed reading of a job's {@code worker.settings}. Remembers which keys were asked for, so that
 * {@link #requireAllKnown} can refuse a misspelt one instead of training with a default the user
 * did not want.
 */
public final class Settings {
  private final Map<String, String> values;
  private final TreeSet<String> known = new TreeSet<>();

  public Settings(Map<String, String> values) {
    this.values = Map.copyOf(values);
  }

  public Optional<String> text(String key) {
    known.add(key);
    return Optional.ofNullable(values.get(key));
  }

  public String oneOf(String key, String fallback, String... accepted) {
    String value = text(key).orElse(fallback);
    for (String candidate : accepted) {
      if (candidate.equals(value)) {
        return value;
      }
    }
    throw invalid(key, String.join(", ", accepted), value);
  }

  public int integer(String key, int fallback, int min, int max) {
    Optional<String> value = text(key);
    if (value.isEmpty()) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(value.get());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // falls through: the message is the same for "abc" and for a number out of range
    }
    throw invalid(key, "an integer from " + min + " to " + max, value.get());
  }

  public double number(String key, double fallback, double min, double max) {
    Optional<String> value = text(key);
    if (value.isEmpty()) {
      return fallback;
    }
    try {
      double number = Double.parseDouble(value.get());
      if (number >= min && number <= max) { // false for NaN
        return number;
      }
    } catch (NumberFormatException e) {
      // falls through, as above
    }
    throw invalid(key, "a number from " + min + " to " + max, value.get());
  }

  /**
   * @throws InvalidSettingException a key was given that nobody read
   */
  public void requireAllKnown() {
    for (String key : new TreeSet<>(values.keySet())) {
      if (!known.contains(key)) {
        throw new InvalidSettingException(
            "unknown setting of the trainer: key="
                + key
                + " value="
                + values.get(key)
                + "; known are "
                + String.join(", ", known));
      }
    }
  }

  private static InvalidSettingException invalid(String key, String accepted, String value) {
    return new InvalidSettingException(
        "setting of the trainer is not usable: key="
            + key
            + " accepted="
            + accepted
            + " value="
            + value);
  }
}
