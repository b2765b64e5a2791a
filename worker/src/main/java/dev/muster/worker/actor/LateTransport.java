package dev.muster.worker.actor;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * A transport for a core that starts before its link can be made, because the link needs the core.
 * What is sent before {@link #open} is kept and goes first.
 */
public final class LateTransport implements Transport {
  private final List<Runnable> early = new ArrayList<>();
  private Transport link;

  @Override
  public synchronized void send(PeerId to, Message message) {
    if (link == null) {
      early.add(() -> link.send(to, message));
    } else {
      link.send(to, message);
    }
  }

  public synchronized void open(Transport opened) {
    link = opened;
    early.forEach(Runnable::run);
    early.clear();
  }
}
