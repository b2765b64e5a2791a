package dev.muster.cli.process;

import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The workers of one run as their control pages show them at this very moment, which the files of
 * the run folder only do a few times a second. One thread.
 */
public final class LiveWorkers implements AutoCloseable {
  private final Path shared;
  private final Map<String, ControlPage> pages = new TreeMap<>();
  private final Map<String, Long> pids = new HashMap<>();

  public LiveWorkers(RunFolder folder) {
    shared = folder.shared();
  }

  /**
   * @param worker {@code node-number}
   * @param generation it is or was in, 0 for none
   * @param revoked newest generation its agent ended
   */
  public record Worker(
      String worker, long pid, long generation, long revoked, long appliedStep, Phase phase) {
    public boolean member() {
      return generation > revoked && phase != Phase.STARTING && phase != Phase.IDLE;
    }
  }

  /** All that have a page and a process. */
  public List<Worker> look() {
    var now = new TreeMap<String, Worker>();
    for (var name : names()) {
      var pid = pids.computeIfAbsent(name, this::pid);
      var page = pages.computeIfAbsent(name, this::page);
      if (pid != null && page != null) {
        now.put(name, worker(name, pid, page));
      }
    }
    return List.copyOf(now.values());
  }

  /** Those in the newest group. */
  public List<Worker> members() {
    var all = look().stream().filter(Worker::member).toList();
    long newest = all.stream().mapToLong(Worker::generation).max().orElse(0);
    return all.stream().filter(w -> w.generation() == newest).toList();
  }

  /** Highest step any of them applied. */
  public long step() {
    return look().stream().mapToLong(Worker::appliedStep).max().orElse(0);
  }

  private static Worker worker(String name, long pid, ControlPage page) {
    return new Worker(
        name, pid, page.generation(), page.revokedGeneration(), page.appliedStep(), page.phase());
  }

  private List<String> names() {
    var names = new ArrayList<String>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(shared, "*.group")) {
      files.forEach(file -> names.add(file.getFileName().toString().replace(".group", "")));
    } catch (IOException notYetOrNoMore) {
      // no worker
    }
    return names;
  }

  private Long pid(String name) {
    try {
      var text = Files.readString(shared.resolve(name + ".group")).strip();
      return text.contains(" ") ? Long.valueOf(text.substring(0, text.indexOf(' '))) : null;
    } catch (IOException gone) {
      return null;
    }
  }

  private ControlPage page(String name) {
    try {
      return ControlPage.open(shared.resolve(name + ".page"));
    } catch (IOException gone) {
      return null;
    }
  }

  public Optional<Worker> find(String name) {
    return look().stream().filter(w -> w.worker().equals(name)).findFirst();
  }

  @Override
  public void close() {
    pages.values().forEach(ControlPage::close);
  }
}
