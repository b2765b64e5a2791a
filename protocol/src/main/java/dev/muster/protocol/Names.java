package dev.muster.protocol;

/** The one rule for names of nodes and runs: safe in a path, a log line and a shell. */
final class Names {
  private Names() {}

  /**
   * Whether {@code name} is 1 to {@code maxLength} of ASCII letters, digits, '.', '_', '-' and
   * starts with none of '.' (a hidden file, or the folder above) and '-' (a flag). Allocates
   * nothing.
   */
  static boolean valid(String name, int maxLength) {
    if (name.isEmpty()
        || name.length() > maxLength
        || name.charAt(0) == '.'
        || name.charAt(0) == '-') {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      if (!allowed(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean allowed(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '.'
        || c == '_'
        || c == '-';
  }
}
