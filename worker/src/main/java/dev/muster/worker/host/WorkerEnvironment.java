package dev.muster.worker.host;

import dev.muster.protocol.Generation;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent.Place;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Environment variables of workers: docs/worker-protocol.md for managed ones, those of torchrun for
 * plain commands. What the job sets itself wins. One thread.
 */
final class WorkerEnvironment {
  private static final int FIRST_PORT = 20_000;
  private static final int PORTS = 10_000;

  private final Map<String, String> inherited;
  private Generation portOf = Generation.NONE;
  private int port;

  /**
   * @param inherited what processes get from this one
   */
  WorkerEnvironment(Map<String, String> inherited) {
    this.inherited = inherited;
  }

  Map<String, String> managed(RunId run, WorkerId worker, Path socket, String token, JobSpec job) {
    var all = new LinkedHashMap<String, String>();
    all.put("MUSTER_RUN_ID", run.name());
    all.put("MUSTER_WORKER", worker.toString());
    all.putAll(job.worker().environment());
    all.put("MUSTER_SOCKET", socket.toString());
    all.put("MUSTER_TOKEN", token);
    return all;
  }

  /**
   * All that torchrun sets.
   *
   * @param logs folder of this process
   */
  Map<String, String> plain(RunId run, WorkerId worker, Place place, Path logs, JobSpec job) {
    var all = new LinkedHashMap<String, String>();
    all.put("MUSTER_RUN_ID", run.name());
    all.put("MUSTER_WORKER", worker.toString());
    put(all, "RANK", place.rank());
    put(all, "LOCAL_RANK", place.localRank());
    put(all, "WORLD_SIZE", place.worldSize());
    put(all, "LOCAL_WORLD_SIZE", place.localWorldSize());
    put(all, "GROUP_RANK", place.groupRank());
    put(all, "GROUP_WORLD_SIZE", place.groupWorldSize());
    all.put("ROLE_NAME", "default");
    put(all, "ROLE_RANK", place.rank());
    put(all, "ROLE_WORLD_SIZE", place.worldSize());
    put(all, "TORCHELASTIC_RESTART_COUNT", place.restarts());
    put(all, "TORCHELASTIC_MAX_RESTARTS", job.maxRestarts());
    all.put("TORCHELASTIC_RUN_ID", run.name());
    all.put("TORCHELASTIC_ERROR_FILE", errorFile(logs).toString());
    all.put("TORCHELASTIC_SIGNALS_TO_HANDLE", "SIGTERM,SIGINT,SIGHUP,SIGQUIT");
    putUnlessSet(all, "TORCH_NCCL_ASYNC_ERROR_HANDLING", "1"); // else a dead peer is a hang
    putUnlessSet(all, "NCCL_ASYNC_ERROR_HANDLING", "1"); // its name before PyTorch 2.2
    if (place.localWorldSize() > 1) {
      putUnlessSet(all, "OMP_NUM_THREADS", "1"); // else each rank takes every core
    }
    store(run, place, all);
    all.putAll(job.worker().environment());
    return all;
  }

  /** Where a script leaves what it died of ({@code torch.distributed.elastic}'s record). */
  static Path errorFile(Path logs) {
    return logs.resolve("error.json").toAbsolutePath();
  }

  /** The user's own setting reaches the process through the agent's environment. */
  private void putUnlessSet(Map<String, String> all, String key, String value) {
    if (!inherited.containsKey(key)) {
      all.put(key, value);
    }
  }

  /** Where the ranks meet, and who serves it. */
  private void store(RunId run, Place place, Map<String, String> all) {
    int colon = place.store().lastIndexOf(':');
    boolean served = colon >= 0;
    all.put("TORCHELASTIC_USE_AGENT_STORE", served ? "True" : "False"); // capitalised
    all.put(
        "MASTER_ADDR",
        served
            ? place.store().substring(0, colon)
            : InetAddress.getLoopbackAddress().getHostAddress());
    all.put(
        "MASTER_PORT",
        served ? place.store().substring(colon + 1) : Integer.toString(port(run, place)));
  }

  private static void put(Map<String, String> all, String key, int value) {
    all.put(key, Integer.toString(value));
  }

  /**
   * The same for all ranks of a generation, another one for the next, so that a late rank cannot
   * reach the wrong group. With all ranks here it is a port that is free now; over several nodes
   * one that all agents compute alike.
   */
  private int port(RunId run, Place place) {
    if (!place.generation().equals(portOf)) {
      portOf = place.generation();
      boolean allHere = place.localWorldSize() == place.worldSize();
      port = allHere ? freePort() : agreedPort(run, place.generation());
    }
    return port;
  }

  private static int agreedPort(RunId run, Generation generation) {
    return FIRST_PORT
        + Math.floorMod(run.name().hashCode() * 31 + Long.hashCode(generation.number()), PORTS);
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no free port on loopback for MASTER_PORT", e);
    }
  }
}
