package dev.muster.worker.actor;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;

/**
 * Carries messages by peer id: first in, first out per pair; a message to a peer that is not
 * connected is lost. Never blocks, never throws; any thread.
 */
@FunctionalInterface
public interface Transport {
  void send(PeerId to, Message message);
}
