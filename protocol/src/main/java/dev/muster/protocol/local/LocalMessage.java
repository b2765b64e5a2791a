package dev.muster.protocol.local;

/**
 * A message between an agent and one of its workers: a frame of 4 bytes big-endian length and that
 * many bytes of UTF-8 JSON, an object whose {@code type} is the record's name in camel case with a
 * small first letter. Language-neutral; unknown keys are ignored, unknown types close the
 * connection.
 */
public sealed interface LocalMessage permits FromWorker, ToWorker {
  int VERSION = 1;
  int MAX_FRAME_BYTES = 1 << 20;
}
