package dev.muster.protocol.job;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;

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

  /** A problem with a value as it was read. */
  public static Problem of(ConfigValue value, String key, String text) {
    return new Problem(Sources.origin(value.origin()), key, shown(value), text);
  }

  private static String shown(ConfigValue value) {
    return value.valueType() == ConfigValueType.STRING
        ? (String) value.unwrapped()
        : value.render(ConfigRenderOptions.concise());
  }

  @Override
  public String toString() {
    var assignment = key.isEmpty() ? "" : key + (value.isEmpty() ? "" : " = " + value) + ": ";
    return origin + ": " + assignment + text;
  }
}
