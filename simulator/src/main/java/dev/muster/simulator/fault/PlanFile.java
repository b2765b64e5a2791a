package dev.muster.simulator.fault;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.protocol.core.Buggify;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A plan as JSON lines: a head that says what it belongs to, then one fault a line. Values that say
 * nothing are left out; times are ns.
 */
public final class PlanFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PlanFile() {}

  public static void write(Plan plan, Path file) throws IOException {
    Files.writeString(file, text(plan));
  }

  public static String text(Plan plan) {
    var head = JSON.createObjectNode();
    head.put("format", Plan.FORMAT).put("drill", plan.drill()).put("seed", plan.seed());
    if (!plan.buggified().isEmpty()) {
      var points = head.putArray("buggified");
      plan.buggified().forEach(point -> points.add(point.text()));
    }
    var text = new StringBuilder(head.toString()).append('\n');
    plan.faults().forEach(fault -> text.append(json(fault)).append('\n'));
    return text.toString();
  }

  private static ObjectNode json(Fault fault) {
    var json = JSON.createObjectNode();
    json.put("atNs", fault.atNs()).put("do", fault.verb().text());
    if (!fault.nodes().isEmpty()) {
      var nodes = json.putArray("nodes");
      fault.nodes().forEach(nodes::add);
    }
    if (fault.forNs() != 0) {
      json.put("forNs", fault.forNs());
    }
    if (fault.factor() != 1) {
      json.put("factor", fault.factor());
    }
    if (fault.byNs() != 0) {
      json.put("byNs", fault.byNs());
    }
    if (!fault.cause().isEmpty()) {
      json.put("cause", fault.cause());
    }
    return json.put("draw", fault.draw()).put("line", fault.line()).put("index", fault.index());
  }

  /**
   * @throws IOException it cannot be read, or is no plan of this format; the message says where
   */
  public static Plan read(Path file) throws IOException {
    var lines = Files.readAllLines(file);
    if (lines.isEmpty()) {
      throw new IOException("an empty plan: file=" + file);
    }
    var head = json(lines.getFirst(), file, 1);
    if (head.path("format").asInt() != Plan.FORMAT) {
      throw new IOException(
          "a plan of another format: file=%s expected=%d actual=%s; play its drill and seed anew"
              .formatted(file, Plan.FORMAT, head.path("format")));
    }
    var faults = new ArrayList<Fault>();
    for (int line = 2; line <= lines.size(); line++) {
      faults.add(fault(json(lines.get(line - 1), file, line), file, line));
    }
    return new Plan(
        head.path("drill").asText(), head.path("seed").asLong(), buggified(head, file), faults);
  }

  private static Set<Buggify> buggified(JsonNode head, Path file) throws IOException {
    var points = new HashSet<Buggify>();
    for (var point : head.path("buggified")) {
      points.add(
          Buggify.of(point.asText())
              .orElseThrow(() -> new IOException(file + ":1: no such rare way: " + point)));
    }
    return points;
  }

  private static JsonNode json(String line, Path file, int number) throws IOException {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new IOException(file + ":" + number + ": not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Fault fault(JsonNode json, Path file, int number) throws IOException {
    try {
      var nodes = new ArrayList<Integer>();
      json.path("nodes").forEach(node -> nodes.add(node.asInt()));
      return new Fault(
          json.required("atNs").asLong(),
          Verb.of(json.required("do").asText()).orElseThrow(),
          List.copyOf(nodes),
          json.path("forNs").asLong(0),
          json.path("factor").asDouble(1),
          json.path("byNs").asLong(0),
          json.required("draw").asInt(),
          json.path("cause").asText(""),
          json.required("line").asInt(),
          json.required("index").asInt());
    } catch (RuntimeException e) { // a key is missing, no such verb, or it is not explicit
      throw new IOException(file + ":" + number + ": not a fault of a plan: " + e.getMessage(), e);
    }
  }
}
