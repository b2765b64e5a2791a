package dev.muster.simulator.cluster;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.checkpoint.Part;
import dev.muster.simulator.checkpoint.SharedStorage;
import java.util.List;

/** Several listeners, told in order. */
public record Listeners(List<ClusterListener> all) implements ClusterListener {
  public Listeners {
    all = List.copyOf(all);
  }

  @Override
  public void hostUp(long nowNs, int node) {
    all.forEach(one -> one.hostUp(nowNs, node));
  }

  @Override
  public void hostDown(long nowNs, int node) {
    all.forEach(one -> one.hostDown(nowNs, node));
  }

  @Override
  public void launched(long nowNs, int node) {
    all.forEach(one -> one.launched(nowNs, node));
  }

  @Override
  public void ready(long nowNs, int node) {
    all.forEach(one -> one.ready(nowNs, node));
  }

  @Override
  public void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {
    all.forEach(one -> one.entered(nowNs, node, workers, from, to, held, holdState));
  }

  @Override
  public void hung(long nowNs, int node, long generation, boolean held) {
    all.forEach(one -> one.hung(nowNs, node, generation, held));
  }

  @Override
  public void hangs(long nowNs, WorkerId worker, boolean still) {
    all.forEach(one -> one.hangs(nowNs, worker, still));
  }

  @Override
  public void unleased(long nowNs, int node, String order) {
    all.forEach(one -> one.unleased(nowNs, node, order));
  }

  @Override
  public void ended(long nowNs, int node, long condition, boolean held) {
    all.forEach(one -> one.ended(nowNs, node, condition, held));
  }

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    all.forEach(one -> one.opened(nowNs, form));
  }

  @Override
  public void complete(long nowNs, long generation) {
    all.forEach(one -> one.complete(nowNs, generation));
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    all.forEach(one -> one.trains(nowNs, generation, startStep));
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    all.forEach(one -> one.stopped(nowNs, generation, trained));
  }

  @Override
  public void inDoubt(long nowNs, int node, long generation, int workers) {
    all.forEach(one -> one.inDoubt(nowNs, node, generation, workers));
  }

  @Override
  public void revoked(long nowNs, int node, long generation) {
    all.forEach(one -> one.revoked(nowNs, node, generation));
  }

  @Override
  public void struck(long nowNs, List<Integer> nodes, String text) {
    all.forEach(one -> one.struck(nowNs, nodes, text));
  }

  @Override
  public void master(long nowNs, boolean up) {
    all.forEach(one -> one.master(nowNs, up));
  }

  @Override
  public void noted(long nowNs, Observation observation) {
    all.forEach(one -> one.noted(nowNs, observation));
  }

  @Override
  public void finished(long nowNs, Result result) {
    all.forEach(one -> one.finished(nowNs, result));
  }

  @Override
  public void restored(long nowNs, ToAgent.Form form, List<List<Part>> byRank) {
    all.forEach(one -> one.restored(nowNs, form, byRank));
  }

  @Override
  public void counted(long nowNs, int node, List<ToMaster.Snapshot> snapshots) {
    all.forEach(one -> one.counted(nowNs, node, snapshots));
  }

  @Override
  public void checkpointed(long nowNs, SharedStorage.Checkpoint checkpoint) {
    all.forEach(one -> one.checkpointed(nowNs, checkpoint));
  }
}
