package dev.muster.protocol.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The 256 bits that make a process part of a run. Lives in a file of 64 hex digits that only its
 * owner may read; shown in no log and no message.
 */
public final class Secret {
  public static final int BYTES = 32;

  private static final int FILE_BYTES = 2 * BYTES;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] bytes;

  private Secret(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A fresh one from the operating system's randomness. */
  public static Secret random() {
    return new Secret(randomBytes(BYTES));
  }

  /** A fresh nonce for one {@link Handshake}. */
  public static byte[] nonce() {
    return randomBytes(Handshake.NONCE_BYTES);
  }

  private static byte[] randomBytes(int length) {
    var bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  /**
   * Writes a new file of mode 0600.
   *
   * @throws IOException the file exists or cannot be written; then none is left behind
   */
  public void write(Path file) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(file, options, mode)) {
      writeFully(channel, file);
    }
  }

  private void writeFully(FileChannel channel, Path file) throws IOException {
    try {
      var text = ByteBuffer.wrap((HexFormat.of().formatHex(bytes) + "\n").getBytes(US_ASCII));
      while (text.hasRemaining()) {
        channel.write(text);
      }
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * @throws IOException missing, readable by group or others, or not a secret; says which and what
   *     to do
   */
  public static Secret read(Path file) throws IOException {
    var mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    if (!mode.endsWith("------")) {
      throw new IOException(
          "secret file is open to others: file="
              + file
              + " expected=rw------- actual="
              + mode
              + "; run chmod 600, and take a new secret if others use this machine");
    }
    byte[] text;
    try (var in = Files.newInputStream(file)) {
      text = in.readNBytes(FILE_BYTES + 2);
    }
    return parse(new String(text, US_ASCII).strip(), file);
  }

  private static Secret parse(String hex, Path file) throws IOException {
    try {
      if (hex.length() == FILE_BYTES) {
        return new Secret(HexFormat.of().parseHex(hex));
      }
    } catch (IllegalArgumentException e) {
      // its message quotes the file: say only what was expected
    }
    throw new IOException(
        "not a secret file: file=" + file + " expected=" + FILE_BYTES + " hex digits");
  }

  /** A copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** A key for another purpose, {@value #BYTES} bytes, from which this secret does not follow. */
  public byte[] derive(String purpose) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
      return mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(bytes, secret.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "Secret[hidden]";
  }
}
