package dev.muster.protocol.job;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads all keys, finds unknown ones and pairs that contradict each other, and collects every
 * problem on the way.
 */
final class Checks {
  private final Config config;
  private final List<Problem> problems;
  private final Map<Key<?>, Object> values = new LinkedHashMap<>();

  Checks(Config config, List<Problem> problems) {
    this.config = config;
    this.problems = problems;
  }

  @SuppressWarnings("unchecked")
  <T> T get(Key<T> key) {
    return (T) values.get(key);
  }

  private boolean has(Key<?>... keys) {
    return List.of(keys).stream().allMatch(values::containsKey);
  }

  void read() {
    var refused = Collections.newSetFromMap(new IdentityHashMap<ConfigValue, Boolean>());
    for (var key : Keys.ALL) {
      var value = find(key.path());
      var parsed = value == null ? Optional.<Object>empty() : key.parser().parse(value);
      parsed.ifPresent(v -> values.put(key, v));
      if (parsed.isEmpty()
          && value != null
          && refused.add(value)) { // a default that follows a bad key is the same value
        problem(key, "expected " + key.accepted());
      }
    }
  }

  /**
   * Null below a section that is not one: {@link #unknown} says so. A null value is found, and
   * accepted by no key.
   */
  private ConfigValue find(String path) {
    ConfigValue value = config.root();
    for (var element : path.split("\\.")) {
      value = value instanceof ConfigObject object ? object.get(element) : null;
    }
    return value;
  }

  /**
   * @param user what the user wrote, without the reference
   */
  void unknown(Config user) {
    for (var element : user.root().keySet()) {
      if (!element.equals("muster") && EditDistance.of(element, "muster") <= 2) {
        add(
            user.root().get(element),
            Sources.path("", element),
            "unknown section; nearest known: muster");
      }
    }
    var muster = user.root().get("muster");
    if (muster != null) {
      unknown("muster", muster);
    }
  }

  /**
   * @param path the path of {@code value}, a section or not
   */
  private void unknown(String path, ConfigValue value) {
    if (Keys.find(path).isPresent()) {
      return;
    }
    if (value instanceof ConfigObject section && Keys.section(path)) {
      section.keySet().stream()
          .sorted()
          .forEach(e -> unknown(Sources.path(path, e), section.get(e)));
    } else if (Keys.section(path)) {
      add(value, path, "expected a section, such as { … }");
    } else {
      add(value, path, Keys.unknown(path));
    }
  }

  void contradictions() {
    if (has(Keys.WORKERS, Keys.MIN_WORKERS) && get(Keys.MIN_WORKERS) > get(Keys.WORKERS)) {
      problem(Keys.MIN_WORKERS, "expected at most muster.job.workers = " + get(Keys.WORKERS));
    }
    if (has(Keys.LEASE, Keys.BEAT) && 3 * get(Keys.BEAT) > get(Keys.LEASE)) {
      problem(
          Keys.BEAT,
          "expected at most a third of muster.master.lease = "
              + Units.duration(get(Keys.LEASE))
              + ", so that one lost beat does not end the lease");
    }
    if (has(Keys.MANAGED, Keys.COMMAND) && !get(Keys.MANAGED) && get(Keys.COMMAND).isEmpty()) {
      problem(
          Keys.COMMAND, "expected a program: muster.worker.managed = false runs a plain command");
    }
    if (has(Keys.DATA_MODE, Keys.RANGE_SIZE)) {
      data(get(Keys.DATA_MODE).equals("leased"), get(Keys.RANGE_SIZE));
    }
    if (has(Keys.FAULTS)) {
      get(Keys.FAULTS).forEach(this::fault);
    }
  }

  private void data(boolean leased, int rangeSize) {
    if (leased && rangeSize == 0) {
      problem(Keys.RANGE_SIZE, "expected at least 1, because muster.data.mode = leased");
    } else if (!leased && rangeSize > 0) {
      problem(Keys.RANGE_SIZE, "expected 0, because muster.data.mode = step lends no ranges");
    }
    if (leased && has(Keys.MANAGED) && !get(Keys.MANAGED)) {
      problem(Keys.DATA_MODE, "expected step: muster.worker.managed = false runs a plain command");
    }
  }

  private void fault(JobSpec.Fault fault) {
    if (has(Keys.WORKERS) && fault.rank() >= get(Keys.WORKERS)) {
      problem(
          Keys.FAULTS,
          Units.fault(fault) + " expects a rank below muster.job.workers = " + get(Keys.WORKERS));
    }
    if (fault.step() < 1 || has(Keys.STEPS) && fault.step() > get(Keys.STEPS)) {
      problem(
          Keys.FAULTS,
          Units.fault(fault)
              + " expects a step from 1 to muster.job.steps"
              + (has(Keys.STEPS) ? " = " + get(Keys.STEPS) : ""));
    }
  }

  private void problem(Key<?> key, String text) {
    add(find(key.path()), key.path(), text);
  }

  private void add(ConfigValue value, String path, String text) {
    problems.add(Problem.of(value, path, text));
  }
}
