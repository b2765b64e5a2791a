package dev.muster.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.KryoBufferOverflowException;
import com.esotericsoftware.kryo.io.Output;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.message.Message;
import java.util.List;

/**
 * Values to bytes and back: the messages between agents and master, and whatever records a user
 * adds, for example a journal. The bytes are a number for the type ({@link WireTypes}), then the
 * record's components in declaration order. Decoding trusts nothing: types by number only, every
 * length checked against the bytes left, bounded depth, no null where none is allowed, no byte left
 * over. Any thread may call; each has its own Kryo.
 *
 * <p>A changed record is a changed format: raise {@link #VERSION} and the golden bytes with it.
 * Ends of different versions refuse each other in the handshake.
 */
public final class WireCodec {
  /** Of the agent link; compared in the {@link Handshake}. */
  public static final int VERSION = 11;

  /** Smallest number a {@link Registration} of a user may have. */
  public static final int FIRST_FREE_ID = 200;

  private static final int RETAINED_BYTES = 64 << 10;

  /**
   * A record or enum and its number. Part of the format: never changed, never given to another
   * type.
   *
   * @param id at least {@link #FIRST_FREE_ID} for types that are not messages of the agent link
   */
  public record Registration(Class<?> type, int id) {}

  private final ThreadLocal<Kryo> kryos;
  private final ThreadLocal<Output> outputs =
      ThreadLocal.withInitial(() -> new Output(1024, Frames.MAX_BYTES));

  /** For the messages of the agent link. */
  public WireCodec() {
    this(List.of());
  }

  /**
   * For the messages of the agent link and {@code more}, whose reference components may all be
   * null.
   *
   * @throws IllegalArgumentException a number or type twice, a number below {@link #FIRST_FREE_ID},
   *     or a component whose type is neither registered nor a primitive, String, byte[], List, Map
   *     or interface
   */
  public WireCodec(List<Registration> more) {
    var registrations = List.copyOf(more);
    for (var each : registrations) {
      if (each.id() < FIRST_FREE_ID) {
        throw new IllegalArgumentException(
            "reserved wire id: type="
                + each.type().getName()
                + " id="
                + each.id()
                + "; use "
                + FIRST_FREE_ID
                + " or above");
      }
    }
    this.kryos = ThreadLocal.withInitial(() -> KryoFactory.create(registrations));
    this.kryos.get();
  }

  /**
   * The bytes of one value, without frame header.
   *
   * @throws IllegalArgumentException an unregistered type, a null where none is allowed, or more
   *     than {@link Frames#MAX_BYTES}: the caller's error
   */
  public byte[] encode(Object value) {
    var out = outputs.get();
    out.reset();
    try {
      kryos.get().writeClassAndObject(out, value);
      return out.toBytes();
    } catch (KryoBufferOverflowException e) {
      throw new IllegalArgumentException(
          "message too large: type=" + value.getClass().getName() + " maxBytes=" + Frames.MAX_BYTES,
          e);
    } finally {
      if (out.getBuffer().length > RETAINED_BYTES) {
        outputs.remove();
      }
    }
  }

  /** The value in {@code frame}, never null. */
  public Object decode(byte[] frame) throws MalformedFrameException {
    var in = new BoundedInput(frame);
    Object value;
    try {
      value = kryos.get().readClassAndObject(in);
    } catch (KryoException | IllegalArgumentException e) {
      throw new MalformedFrameException(
          "not a message: bytes=" + frame.length + " reason=" + firstLine(e), e);
    }
    if (value == null || in.position() != frame.length) {
      throw new MalformedFrameException(
          value == null
              ? "not a message: null"
              : "bytes after the message: type="
                  + value.getClass().getName()
                  + " expected="
                  + in.position()
                  + " actual="
                  + frame.length);
    }
    return value;
  }

  /** The message in {@code frame}; refuses values that are only parts of messages. */
  public Message decodeMessage(byte[] frame) throws MalformedFrameException {
    var value = decode(frame);
    if (value instanceof Message message) {
      return message;
    }
    throw new MalformedFrameException(
        "not a message of the agent link: type=" + value.getClass().getName());
  }

  /** Kryo appends a trace of its own in further lines. */
  private static String firstLine(RuntimeException e) {
    var text = String.valueOf(e.getMessage());
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end);
  }
}
