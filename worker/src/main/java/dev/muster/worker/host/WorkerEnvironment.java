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

  private Generation portOf = Generation.NONE;
  private int port;

  Map<String, String> managed(RunId run, WorkerId worker, Path socket, String token, JobSpec job) {
    var all = new LinkedHashMap<String, String>();
    all.put("MUSTER_RUN_ID", run.name());
    all.put("MUSTER_WORKER", worker.toString());
    all.putAll(job.worker().environment());
    all.put("MUSTER_SOCKET", socket.toString());
    all.put("MUSTER_TOKEN", token);
    return all;
  }

  Map<String, String> plain(RunId run, WorkerId worker, Place place, JobSpec job) {
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
    all.put("TORCHELASTIC_USE_AGENT_STORE", "False"); // rank 0 hosts the store itself
    all.put("MASTER_ADDR", InetAddress.getLoopbackAddress().getHostAddress());
    put(all, "MASTER_PORT", port(run, place));
    all.putAll(job.worker().environment());
    return all;
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
