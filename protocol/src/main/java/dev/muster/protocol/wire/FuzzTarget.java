package dev.muster.protocol.wire;

import static java.util.Collections.nCopies;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalCodec;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.LocalSamples;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToMaster;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * One decoder under fuzz, with valid frames to spoil. Stateless: every call starts a fresh
 * connection.
 */
enum FuzzTarget {
  LINK {
    @Override
    List<byte[]> valid() {
      return Samples.messages().stream().map(CODEC::encode).toList();
    }

    @Override
    List<byte[]> large() {
      var digest =
          Samples.messages().stream()
              .filter(ToMaster.Beat.class::isInstance)
              .map(ToMaster.Beat.class::cast);
      var one = digest.findFirst().orElseThrow().nodes().getFirst();
      var beat = new ToMaster.Beat(nCopies(1000, one));
      var text = new ToMaster.Leaving(new NodeId("n0"), "漢".repeat(20_000));
      var list = IntStream.range(0, 20_000).boxed().toList();
      var worker = new WorkerId(new NodeId("a"), 0);
      var survivors = nCopies(5000, new ToMaster.Survivor(worker, 0)); // most objects per byte
      var revoked = new ToMaster.Revoked(new NodeId("a"), Generation.NONE, survivors);
      return List.of(
          CODEC.encode(beat), CODEC.encode(text), CODEC.encode(list), CODEC.encode(revoked));
    }

    @Override
    void decode(byte[] frame, SplittableRandom random) throws MalformedFrameException {
      CODEC.decodeMessage(frame);
    }

    /** What was decoded is a message like any other: it can be sent on and comes back equal. */
    @Override
    void check(byte[] frame) throws MalformedFrameException {
      var message = CODEC.decodeMessage(frame);
      if (!CODEC.decodeMessage(CODEC.encode(message)).equals(message)) {
        throw new IllegalStateException("decoded message does not come back equal");
      }
    }
  },

  LOCAL {
    @Override
    List<byte[]> valid() {
      return LocalSamples.messages().stream().map(JSON::encode).toList();
    }

    @Override
    List<byte[]> large() {
      var form = new ToWorker.Form(7, 0, 4, 0, 0, 0, IntStream.range(0, 20_000).boxed().toList());
      var nested = "{\"type\":\"ready\",\"x\":" + "[{\"a\":".repeat(10_000);
      return List.of(
          JSON.encode(form),
          JSON.encode(new FromWorker.Failed(7, 1, "\u0001".repeat(10_000))),
          nested.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    void decode(byte[] frame, SplittableRandom random) throws MalformedFrameException {
      if (random.nextBoolean()) {
        JSON.decodeFromWorker(frame);
      } else {
        JSON.decodeToWorker(frame);
      }
    }
  },

  HANDSHAKE {
    @Override
    List<byte[]> valid() {
      return List.of(
          Conversation.HELLO, Conversation.CHALLENGE, Conversation.PROOF, Conversation.OK);
    }

    @Override
    void decode(byte[] frame, SplittableRandom random) throws HandshakeException {
      if (random.nextBoolean()) {
        Conversation.server(frame, random.nextBoolean());
      } else {
        Conversation.client(frame, random.nextBoolean());
      }
    }
  },

  FRAMING {
    @Override
    List<byte[]> valid() {
      var streams = new ArrayList<byte[]>();
      LINK.valid().forEach(frame -> streams.add(Frames.encode(frame)));
      streams.add(Frames.encode(Conversation.HELLO));
      return streams;
    }

    @Override
    List<byte[]> large() {
      return LINK.large().stream().map(Frames::encode).toList();
    }

    @Override
    void decode(byte[] stream, SplittableRandom random) throws MalformedFrameException {
      var decoder =
          new FrameDecoder(
              random.nextInt(4) == 0 ? LocalMessage.MAX_FRAME_BYTES : Frames.MAX_BYTES);
      var in = ByteBuffer.wrap(stream);
      while (in.hasRemaining()) {
        int piece = Math.min(in.remaining(), 1 + random.nextInt(1 + stream.length / 3));
        for (var frame : decoder.feed(in.slice(in.position(), piece))) {
          CODEC.decodeMessage(frame);
        }
        in.position(in.position() + piece);
      }
      if (decoder.midFrame()) {
        throw new MalformedFrameException("stream ends within a frame");
      }
    }
  };

  private static final WireCodec CODEC = new WireCodec();
  private static final LocalCodec JSON = new LocalCodec();

  /** Frames every decoder takes. */
  abstract List<byte[]> valid();

  /** Frames of some 10 KB that hold as many elements as they can. */
  List<byte[]> large() {
    return valid();
  }

  /** Feeds one spoiled frame; returns if it was taken. */
  abstract void decode(byte[] frame, SplittableRandom random)
      throws MalformedFrameException, HandshakeException;

  /** Looks closer at a frame that was taken. */
  void check(byte[] frame) throws MalformedFrameException {}

  /** A whole valid handshake, and one of its frames replaced. */
  private static final class Conversation {
    private static final RunId RUN = new RunId("run-1");
    private static final byte[] SECRET = filled(1);
    static final byte[] HELLO = newClient().start().orElseThrow();
    static final byte[] CHALLENGE = reply(newServer(), HELLO);
    static final byte[] PROOF = reply(newClient(), CHALLENGE);
    static final byte[] OK = HandshakeFrames.encode(new HandshakeFrames.Ok());

    static void server(byte[] frame, boolean first) throws HandshakeException {
      var server = newServer();
      if (!first) {
        server.onFrame(HELLO);
      }
      if (server.onFrame(frame).done() && !Arrays.equals(frame, PROOF)) {
        throw new IllegalStateException("forged proof taken");
      }
    }

    static void client(byte[] frame, boolean first) throws HandshakeException {
      var client = newClient();
      if (!first) {
        client.onFrame(CHALLENGE);
      }
      if (client.onFrame(frame).reply().isPresent() && !Arrays.equals(frame, CHALLENGE)) {
        throw new IllegalStateException("forged challenge answered");
      }
    }

    private static Handshake newClient() {
      return new Handshake.Client(RUN, SECRET, filled(2));
    }

    private static Handshake newServer() {
      return new Handshake.Server(RUN, SECRET, filled(3));
    }

    private static byte[] reply(Handshake end, byte[] frame) {
      try {
        return end.onFrame(frame).reply().orElseThrow();
      } catch (HandshakeException e) {
        throw new IllegalStateException("valid handshake refused", e);
      }
    }

    private static byte[] filled(int value) {
      var bytes = new byte[32];
      Arrays.fill(bytes, (byte) value);
      return bytes;
    }
  }
}
