package dev.muster.simulator.report;

import java.util.Locale;

/** Text that becomes markup. Whatever comes from a drill goes through {@link #text}. */
final class Html {
  private final StringBuilder out = new StringBuilder(1 << 16);

  static String text(String raw) {
    return raw.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** Coordinates: a tenth of a pixel is enough. */
  static String px(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  Html raw(String markup) {
    out.append(markup);
    return this;
  }

  /** {@code template} with each {@code {}} replaced by an escaped argument. */
  Html add(String template, Object... arguments) {
    int from = 0;
    for (var argument : arguments) {
      int at = template.indexOf("{}", from);
      out.append(template, from, at);
      out.append(argument instanceof Double d ? px(d) : text(String.valueOf(argument)));
      from = at + 2;
    }
    out.append(template, from, template.length());
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
