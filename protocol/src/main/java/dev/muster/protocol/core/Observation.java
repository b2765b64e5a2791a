package dev.muster.protocol.core;

import java.util.Map;

/**
 * What a core tells the operator: one line of {@code events.jsonl}.
 *
 * @param topic dotted, lower case, for example {@code generation.formed}
 * @param text a sentence: what happened, where, what was done about it
 * @param fields values behind the sentence; keys in camel case with their unit last
 */
public record Observation(String topic, String text, Map<String, Object> fields) {}
