package dev.muster.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An address as typed.
 *
 * @param port 0 for any
 */
record HostPort(String host, int port) {

  /** Of a text that is known to be one. */
  static HostPort parse(String text) {
    return new Converter().convert(text);
  }

  /** Reads {@code host:port}, {@code [v6]:port} or {@code :port} (loopback). */
  static final class Converter implements ITypeConverter<HostPort> {
    @Override
    public HostPort convert(String text) {
      int colon = text.lastIndexOf(':');
      if (colon < 0) {
        throw new TypeConversionException("no port: expected=HOST:PORT actual=" + text);
      }
      var host = text.substring(0, colon).replaceAll("^\\[|]$", "");
      return new HostPort(
          host.isEmpty() ? "127.0.0.1" : host, port(text.substring(colon + 1), text));
    }

    private static int port(String digits, String text) {
      if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > 65535) {
        throw new TypeConversionException(
            "bad port: expected=0..65535 actual=" + digits + " in " + text);
      }
      return Integer.parseInt(digits);
    }
  }
}
