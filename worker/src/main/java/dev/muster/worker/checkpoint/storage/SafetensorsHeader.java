package dev.muster.worker.checkpoint.storage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Table of contents of a safetensors file.
 *
 * @param tensors in the order of their bytes, end to end without holes
 * @param metadata free text by key
 * @param dataStart offset in the file of the first tensor's first byte
 */
public record SafetensorsHeader(
    List<Placed> tensors, SortedMap<String, String> metadata, long dataStart) {
  /**
   * @param offset of the first byte, counted from the start of the data
   */
  public record Placed(TensorSpec spec, long offset) {
    long end() {
      return Math.addExact(offset, spec.sizeBytes());
    }
  }

  /** Widest type first, then by name, as the Python library does: the same bytes, all aligned. */
  private static final Comparator<TensorSpec> FILE_ORDER =
      Comparator.comparing(TensorSpec::type).reversed().thenComparing(TensorSpec::name);

  public SafetensorsHeader {
    tensors = List.copyOf(tensors);
  }

  /** The header of a new file. */
  static SafetensorsHeader layOut(Collection<TensorSpec> specs, Map<String, String> metadata) {
    var placed = new ArrayList<Placed>();
    var names = new HashSet<String>();
    long offset = 0;
    for (var spec : specs.stream().sorted(FILE_ORDER).toList()) {
      if (!names.add(spec.name()) || spec.name().equals(SafetensorsJson.METADATA)) {
        throw new IllegalArgumentException(
            "each tensor of a file needs a name of its own: name=" + spec.name());
      }
      placed.add(new Placed(spec, offset));
      offset = placed.getLast().end();
    }
    var sorted = new TreeMap<>(metadata);
    return new SafetensorsHeader(placed, sorted, SafetensorsJson.encode(placed, sorted).length);
  }

  long sizeBytes() {
    return tensors.isEmpty() ? dataStart : Math.addExact(dataStart, tensors.getLast().end());
  }

  /**
   * Every byte of the data belongs to exactly one tensor; a hole could hide anything.
   *
   * @param file its name, for the message
   */
  void requireTiled(String file, long fileBytes) throws DamagedCheckpointException {
    long end = 0;
    for (var tensor : tensors) {
      if (tensor.offset != end) {
        throw new DamagedCheckpointException(
            (tensor.offset < end ? "tensors overlap" : "hole between tensors")
                + ": file="
                + file
                + " tensor="
                + tensor.spec.name()
                + " expectedOffset="
                + end
                + " actualOffset="
                + tensor.offset);
      }
      end = tensor.end();
    }
    if (sizeBytes() != fileBytes) {
      throw new DamagedCheckpointException(
          (fileBytes < sizeBytes() ? "file is truncated" : "bytes follow the last tensor")
              + ": file="
              + file
              + " expectedBytes="
              + sizeBytes()
              + " actualBytes="
              + fileBytes);
    }
  }
}
