package dev.muster.protocol.job;

/**
 * One error of the configuration.
 *
 * @param origin file and line, or the command line
 * @param key full path
 * @param value as written, shortened
 * @param text what is wrong and what is accepted
 */
public record Problem(String origin, String key, String value, String text) {
  private static final int VALUE_CHARS_MAX = 80;

  public Problem {
    value = value.length() > VALUE_CHARS_MAX ? value.substring(0, VALUE_CHARS_MAX) + "…" : value;
  }

  @Override
  public String toString() {
    var assignment = key.isEmpty() ? "" : key + (value.isEmpty() ? "" : " = " + value) + ": ";
    return origin + ": " + assignment + text;
  }
}
