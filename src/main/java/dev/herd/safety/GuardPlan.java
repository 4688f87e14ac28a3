package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a policy wants to know of a content guard about one direction, and what it does with the answer. */
final class GuardPlan {
    /** What a guard means that says unsafe and names no category. */
    static final String UNSPECIFIED = "S?";

    private static final int FIRST_TOPIC = 35;
    private static final int TOPICS_PER_CALL = 10;

    private final Map<String, Judged> judged;
    private final List<List<GuardCategory>> calls;
    private final Ruling unspecified;
    private final double unspecifiedThreshold;

    /** A category, with what happens from its threshold on. */
    private record Judged(GuardCategory category, Ruling ruling, double threshold) {}

    private GuardPlan(Map<String, Judged> judged, Ruling unspecified) {
        this.judged = judged;
        this.unspecified = unspecified;
        this.calls = calls(judged);
        this.unspecifiedThreshold =
                judged.values().stream().mapToDouble(Judged::threshold).min().orElse(1);
    }

    static GuardPlan of(PolicyRules rules, JsonNode fields, Direction direction) {
        String way = "/" + direction.name().toLowerCase(Locale.ROOT);
        Map<String, Judged> judged = new LinkedHashMap<>();
        if (rules.mode() != PolicyRules.Mode.OFF && !rules.guard().equals(Guards.NONE)) {
            PolicySchema.CATEGORIES.forEach((code, name) -> {
                String pointer = "/content/categories/" + code + way;
                add(
                        judged,
                        new GuardCategory(code, name, ""),
                        rules.ruling(pointer + "/action"),
                        fields.at(pointer + "/threshold").doubleValue());
            });
            for (JsonNode custom : fields.at("/content/custom")) {
                String code = custom.path("code").asText();
                Action action = PolicyRules.action(custom.at(way + "/action"));
                Action floorAction = rules.floorItem("/content/custom", "code", code)
                        .map(item -> PolicyRules.action(item.at(way + "/action")))
                        .orElse(Action.ALLOW);
                add(
                        judged,
                        new GuardCategory(
                                code,
                                custom.path("name").asText(),
                                custom.path("description").asText()),
                        rules.ruling(action, floorAction),
                        custom.at(way + "/threshold").doubleValue());
            }
            addTopics(judged, rules, fields, way);
        }
        return new GuardPlan(judged, judged.isEmpty() ? Ruling.NOTHING : rules.ruling("/content/unspecified"));
    }

    private static void addTopics(Map<String, Judged> judged, PolicyRules rules, JsonNode fields, String way) {
        int code = FIRST_TOPIC;
        for (JsonNode topic : fields.path("topics")) {
            Action floorAction = rules.floorItem(
                            "/topics", "id", topic.path("id").asText())
                    .map(item -> PolicyRules.action(item.at(way)))
                    .orElse(Action.ALLOW);
            StringBuilder description =
                    new StringBuilder(topic.path("definition").asText());
            for (JsonNode example : topic.path("examples")) {
                description
                        .append(description.isEmpty() ? "" : "\n")
                        .append("Example: ")
                        .append(example.asText());
            }
            add(
                    judged,
                    new GuardCategory("S" + code++, topic.path("name").asText(), description.toString()),
                    rules.ruling(PolicyRules.action(topic.at(way)), floorAction),
                    topic.path("threshold").doubleValue());
        }
    }

    private static void add(Map<String, Judged> judged, GuardCategory category, Ruling ruling, double threshold) {
        if (ruling.matters()) {
            judged.put(category.code(), new Judged(category, ruling, threshold));
        }
    }

    /** Topics beyond ten are asked about separately, so that no prompt becomes too long for a guard to follow. */
    private static List<List<GuardCategory>> calls(Map<String, Judged> judged) {
        List<List<GuardCategory>> calls = new ArrayList<>();
        List<GuardCategory> current = new ArrayList<>();
        int topics = 0;
        for (Judged entry : judged.values()) {
            boolean isTopic = Integer.parseInt(entry.category().code().substring(1)) >= FIRST_TOPIC;
            if (isTopic && topics == TOPICS_PER_CALL) {
                calls.add(List.copyOf(current));
                current.clear();
                topics = 0;
            }
            topics += isTopic ? 1 : 0;
            current.add(entry.category());
        }
        if (!current.isEmpty()) {
            calls.add(List.copyOf(current));
        }
        return calls;
    }

    boolean isEmpty() {
        return judged.isEmpty();
    }

    /** Whether a text may be withheld for what the guard says. */
    boolean isEnforced() {
        return judged.values().stream().anyMatch(entry -> entry.ruling().effective() == Action.BLOCK)
                || unspecified.effective() == Action.BLOCK;
    }

    /** The most severe that can follow from what the guard says. */
    Ruling severest() {
        Ruling severest = unspecified;
        for (Judged entry : judged.values()) {
            severest = severest.or(entry.ruling());
        }
        return severest;
    }

    /** The categories of each question to the guard. */
    List<List<GuardCategory>> calls() {
        return calls;
    }

    /** The lowest score that something is done about. */
    double threshold() {
        return unspecifiedThreshold;
    }

    /** The score from which on something is done about a category. */
    double threshold(String code) {
        Judged entry = judged.get(code);
        return entry == null ? unspecifiedThreshold : entry.threshold();
    }

    /** What a category's score means. */
    Ruling ruling(String code, double score) {
        if (code.equals(UNSPECIFIED)) {
            return score >= unspecifiedThreshold ? unspecified : Ruling.NOTHING;
        }
        Judged entry = judged.get(code);
        return entry == null || score < entry.threshold() ? Ruling.NOTHING : entry.ruling();
    }
}
