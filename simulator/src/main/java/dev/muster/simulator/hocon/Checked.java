package dev.muster.simulator.hocon;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import dev.muster.protocol.job.Key;
import dev.muster.protocol.job.NearestKey;
import dev.muster.protocol.job.Problem;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The values of a section, read key by key: collects every problem instead of ending at the first.
 */
public final class Checked {
  private final ConfigObject section;
  private final List<Problem> problems;
  private final Map<Key<?>, Object> values = new LinkedHashMap<>();
  private final Set<ConfigValue> refused = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * @param section resolved, with defaults
   * @param problems receives what is wrong
   */
  public Checked(ConfigObject section, List<Problem> problems) {
    this.section = section;
    this.problems = problems;
  }

  /** Null when there is none; a wrong one is a problem and null too. */
  @SuppressWarnings("unchecked")
  public <T> T get(Key<T> key) {
    if (!values.containsKey(key)) {
      values.put(key, read(key));
    }
    return (T) values.get(key);
  }

  public <T> T get(Key<T> key, T otherwise) {
    T value = get(key);
    return value == null ? otherwise : value;
  }

  private <T> T read(Key<T> key) {
    var value = find(key.path());
    if (value == null) {
      return null;
    }
    var parsed = key.parser().parse(value);
    if (parsed.isEmpty() && refused.add(value)) { // B falls back to A: told once
      problem(key.path(), "expected " + key.accepted());
    }
    return parsed.orElse(null);
  }

  /** Null when there is none. */
  public ConfigValue find(String path) {
    ConfigValue value = section;
    for (var element : path.split("\\.")) {
      value = value instanceof ConfigObject object ? object.get(element) : null;
    }
    return value;
  }

  public void problem(String path, String text) {
    var value = find(path);
    problems.add(Problem.of(value == null ? section : value, path, text));
  }

  /**
   * Tells every key that is not known.
   *
   * @param own what the user wrote, without defaults
   */
  public static void unknown(ConfigObject own, Set<String> known, List<Problem> problems) {
    unknown("", own, known, problems);
  }

  private static void unknown(
      String path, ConfigValue value, Set<String> known, List<Problem> problems) {
    if (known.contains(path)) {
      return;
    }
    boolean section = path.isEmpty() || known.stream().anyMatch(key -> key.startsWith(path + "."));
    if (section && value instanceof ConfigObject object) {
      for (var name : new TreeSet<>(object.keySet())) {
        unknown(path.isEmpty() ? name : path + "." + name, object.get(name), known, problems);
      }
    } else if (section) {
      problems.add(Problem.of(value, path, "expected a section, such as { … }"));
    } else {
      problems.add(
          Problem.of(
              value,
              path,
              "unknown key; nearest known key: " + NearestKey.of(path, withSections(known))));
    }
  }

  private static Set<String> withSections(Set<String> known) {
    var all = new TreeSet<>(known);
    for (var key : known) {
      for (int dot = key.indexOf('.'); dot > 0; dot = key.indexOf('.', dot + 1)) {
        all.add(key.substring(0, dot));
      }
    }
    return all;
  }
}
