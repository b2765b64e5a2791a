package dev.muster.simulator.cluster;

import dev.muster.master.job.JobEvent;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToMaster;
import java.util.List;

/**
 * The production master, spared the health checks that find nothing: they are played while some
 * node is not calm, and until everything that follows from that has happened.
 */
final class CalmMaster implements Core<JobEvent> {
  private static final String HEALTH = "health";

  private final Core<JobEvent> master;
  private final Cluster cluster;
  private final Parking parking = new Parking();
  private Beats checks; // null while they are played

  CalmMaster(Core<JobEvent> master, Cluster cluster) {
    this.master = master;
    this.cluster = cluster;
  }

  @Override
  public void on(JobEvent event, Effects<JobEvent> fx) {
    if (!isOneOfMany(event)) {
      hearAnswers(fx);
    }
    if (dependsOnBeats(event)) {
      cluster.newestBeat().ifPresent(beat -> hear(beat.from(), beat.message(), beat.atNs(), fx));
    }
    master.on(event, parking.over(fx));
  }

  private boolean isOneOfMany(JobEvent event) {
    return event instanceof JobEvent.FromAgent(var _, ToMaster answer)
        && cluster.answers().isNotTheLast(answer);
  }

  /** Those of calm nodes that have come by now. */
  void hearAnswers(Effects<JobEvent> fx) {
    cluster.answers().hear(master, fx);
  }

  /** Whether it may matter how far the group has come; who tells it along does not need beats. */
  private static boolean dependsOnBeats(JobEvent event) {
    return switch (event) {
      case JobEvent.FromAgent(var _, ToMaster.Revoked _) -> false;
      case JobEvent.FromAgent(var _, ToMaster.Reached _) -> false;
      case JobEvent.FromAgent(var _, ToMaster.Beat _) -> false;
      case JobEvent.HealthCheck _ -> false;
      default -> true;
    };
  }

  /** A beat that was not played. */
  record LateBeat(NodeId from, ToMaster.Beat message, long atNs) {}

  /** From now on the checks are played. */
  void wake(Effects<JobEvent> fx) {
    if (checks != null) {
      fx.timer(HEALTH, checks.nextNs(fx.nowNs()) - fx.nowNs(), new JobEvent.HealthCheck());
      checks = null;
    }
  }

  boolean asleep() {
    return checks != null;
  }

  /**
   * A beat that was not played, heard at {@code atNs}.
   *
   * @return the answers
   */
  List<Message> hear(NodeId from, ToMaster beat, long atNs, Effects<JobEvent> fx) {
    var past = new Retrospect<>(fx, atNs);
    master.on(new JobEvent.FromAgent(from, beat), past);
    return past.takeSent();
  }

  private final class Parking extends ForwardingEffects<JobEvent> {
    @Override
    public void timer(String key, long delayNs, JobEvent event) {
      if (key.equals(HEALTH) && cluster.quiet()) {
        checks = new Beats(nowNs() + delayNs, delayNs);
      } else {
        super.timer(key, delayNs, event);
      }
    }
  }
}
