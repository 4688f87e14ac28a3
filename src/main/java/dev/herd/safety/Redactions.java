package dev.herd.safety;

import java.util.HashMap;
import java.util.Map;

/**
 * What stands for redacted values. The first value of a kind is replaced by the kind's label, each further one by the
 * label with a number, and the same value always by the same text. For one direction of one request, and one thread.
 */
final class Redactions {
    private final Map<String, Map<String, String>> byLabel = new HashMap<>();
    private int count;

    /** The text that stands for a value. */
    String replace(ScanRule rule, String value) {
        count++;
        if (rule.label().isEmpty()) {
            return "";
        }
        Map<String, String> known = byLabel.computeIfAbsent(rule.label(), label -> new HashMap<>());
        String before = known.get(value);
        if (before != null) {
            return before;
        }
        String label = known.isEmpty() ? rule.label() : numbered(rule.label(), known.size() + 1);
        known.put(value, label);
        return label;
    }

    private static String numbered(String label, int number) {
        return label.endsWith("]") ? label.substring(0, label.length() - 1) + "_" + number + "]" : label + "_" + number;
    }

    /** How many spans have been replaced. */
    int count() {
        return count;
    }
}
