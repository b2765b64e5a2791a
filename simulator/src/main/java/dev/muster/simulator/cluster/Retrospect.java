package dev.muster.simulator.cluster;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Effects of an event that is played after its time: the clock stands where it stood then, what
 * would be sent or done is kept for whoever plays it. Timers go to the real host, counted from now.
 */
final class Retrospect<E> extends ForwardingEffects<E> {
  private final List<Message> sent = new ArrayList<>();
  private final List<Action> asked = new ArrayList<>();
  private long atNs;

  /**
   * @param present of the host, for timers and notes
   */
  Retrospect(Effects<E> present, long atNs) {
    over(present);
    this.atNs = atNs;
  }

  /** From now on its events happen at {@code laterNs}. */
  void moveTo(long laterNs) {
    atNs = laterNs;
  }

  /** What was sent since this was asked last. */
  List<Message> takeSent() {
    var taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  List<Action> takeAsked() {
    var taken = List.copyOf(asked);
    asked.clear();
    return taken;
  }

  @Override
  public long nowNs() {
    return atNs;
  }

  @Override
  public void send(PeerId to, Message message) {
    sent.add(message);
  }

  @Override
  public void timer(String key, long delayNs, E event) {
    super.timer(key, atNs + delayNs - super.nowNs(), event);
  }

  @Override
  public void persist(Object entry, E done) {
    throw new IllegalStateException("a computed event must not be journaled: entry=" + entry);
  }

  @Override
  public void perform(Action action) {
    asked.add(action);
  }
}
