package dev.muster.worker.store;

import dev.muster.worker.store.Query.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Bytes of queries, as clients send them. */
final class Asking {
  private final Dialect dialect;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Asking(Dialect dialect) {
    this.dialect = dialect;
  }

  static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
  }

  Asking kind(Kind kind) {
    for (int number = 0; number < 256; number++) {
      if (dialect.kind(number).filter(kind::equals).isPresent()) {
        return number(number);
      }
    }
    throw new IllegalArgumentException(kind + " is not of " + dialect);
  }

  Asking number(int number) {
    bytes.write(number);
    return this;
  }

  Asking text(String text) {
    return value(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  Asking value(byte[] value) {
    int64(value.length);
    bytes.writeBytes(value);
    return this;
  }

  Asking int64(long value) {
    bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  Asking int32(int value) {
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    return this;
  }

  /** Opens a connection of this dialect. */
  Asking opening() {
    return dialect == Dialect.VALIDATED ? kind(Kind.VALIDATE).int32(Dialect.MAGIC) : this;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
