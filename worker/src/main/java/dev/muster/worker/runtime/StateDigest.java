package dev.muster.worker.runtime;

import dev.muster.worker.NamedTensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * SHA-256 over the part of a state that all ranks hold: names, types, shapes and bytes. Equal
 * digests mean equal parameters, bit for bit. Sharded tensors are left out: their bytes differ from
 * rank to rank.
 */
final class StateDigest {
  /** A ByteBuffer holds at most 2 GiB; a power of two keeps pieces aligned. */
  private static final long PIECE_BYTES = 1L << 24;

  private StateDigest() {}

  static String of(List<NamedTensor> state) {
    MessageDigest digest = sha256();
    state.stream().filter(NamedTensor::replicated).forEach(tensor -> update(digest, tensor));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, NamedTensor tensor) {
    digest.update(StateBytes.describe(tensor).getBytes(StandardCharsets.UTF_8));
    MemorySegment memory = tensor.memory();
    for (long at = 0; at < memory.byteSize(); at += PIECE_BYTES) {
      digest.update(
          memory.asSlice(at, Math.min(PIECE_BYTES, memory.byteSize() - at)).asByteBuffer());
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }
}
