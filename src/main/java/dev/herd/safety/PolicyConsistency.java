package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold between the fields of a policy. */
final class PolicyConsistency {
    private PolicyConsistency() {}

    static void check(JsonNode fields, boolean isLayer) throws PolicyException {
        requireOff(fields, "/alignment/enabled");
        requireStandard(fields, "/stream/holdbackChars", 64, "how much has to wait is computed exactly");
        requireStandard(fields, "/retentionDays", 30, "records are kept for the auditDays of the tenant");
        requireOff(fields, "/grounding/enabled");
        requireSomeCategory(fields, isLayer);
        requirePatterns(fields);
        requireDifferentHosts(fields, "/links/allowedHosts");
        requireDifferentHosts(fields, "/images/allowedHosts");
        if (!isLayer && fields.at("/stream/mode").asText().equals("async")) {
            requireNothingWithheld(fields);
        }
    }

    /** A judge that Herd does not have must not be believed to be at work. */
    private static void requireOff(JsonNode fields, String pointer) throws PolicyException {
        if (fields.at(pointer).asBoolean()) {
            throw new PolicyException(pointer, "is not offered by this server; must be false");
        }
    }

    /** What the specification knows and Herd does otherwise may be stated as it is there, but not changed. */
    private static void requireStandard(JsonNode fields, String pointer, int standard, String reason)
            throws PolicyException {
        JsonNode stated = fields.at(pointer);
        if (!stated.isMissingNode() && stated.asInt() != standard) {
            throw new PolicyException(pointer, "has no effect on this server: " + reason + "; leave it out");
        }
    }

    /** A guard that may act on nothing is a mistake, not a wish. */
    private static void requireSomeCategory(JsonNode fields, boolean isLayer) throws PolicyException {
        JsonNode content = fields.path("content");
        if (!isLayer
                && !content.path("guard").asText().equals(Guards.NONE)
                && content.path("custom").isEmpty()
                && fields.path("topics").isEmpty()
                && content.path("categories").valueStream().allMatch(PolicyConsistency::allowsAll)) {
            throw new PolicyException(
                    "/content/categories", "every category is allowed; set the guard to '" + Guards.NONE + "' instead");
        }
    }

    private static boolean allowsAll(JsonNode category) {
        return category.at("/input/action").asText().equals("allow")
                && category.at("/output/action").asText().equals("allow");
    }

    private static void requirePatterns(JsonNode fields) throws PolicyException {
        JsonNode lists = fields.path("words");
        int size = 0;
        for (int i = 0; i < lists.size(); i++) {
            JsonNode list = lists.get(i);
            if (list.path("terms").isEmpty()) {
                throw new PolicyException("/words/" + i + "/terms", "is empty");
            }
            for (int j = 0; j < list.path("terms").size(); j++) {
                String pointer = "/words/" + i + "/terms/" + j;
                String term = list.path("terms").get(j).asText();
                if (list.path("match").asText().equals("regex")) {
                    size += RegexReader.read(term, list.path("caseSensitive").asBoolean(), pointer)
                            .size();
                    if (size > RegexReader.MOST_STEPS) {
                        throw new PolicyException(pointer, "the patterns of the policy are too large together");
                    }
                } else if (Folding.of(term, false).length == 0) {
                    throw new PolicyException(pointer, "consists of invisible characters only");
                }
            }
        }
    }

    private static void requireDifferentHosts(JsonNode fields, String pointer) throws PolicyException {
        Set<String> hosts = new HashSet<>();
        JsonNode list = fields.at(pointer);
        for (int i = 0; i < list.size(); i++) {
            String host = list.get(i).asText();
            if (!host.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?") || !hosts.add(host)) {
                throw new PolicyException(pointer + "/" + i, "must be a host name in lower case that occurs once");
            }
        }
    }

    /** What is shown before it is judged can be neither replaced nor withheld. */
    private static void requireNothingWithheld(JsonNode fields) throws PolicyException {
        String message = "is asynchronous, but the policy redacts or blocks output at ";
        for (JsonNode category : fields.at("/content/categories")) {
            if (withholds(category.at("/output/action"))) {
                throw new PolicyException("/stream/mode", message + "/content/categories");
            }
        }
        for (String list : List.of("/content/custom", "/words", "/topics", "/pii/entities")) {
            for (JsonNode item : fields.at(list)) {
                JsonNode output = item.path("output");
                if (withholds(output.isObject() ? output.path("action") : output)) {
                    throw new PolicyException("/stream/mode", message + list);
                }
            }
        }
        for (String pointer :
                List.of("/unicode/hiddenTags", "/unicode/bidiControls", "/links/output", "/code/action")) {
            boolean isOff =
                    pointer.startsWith("/code") && !fields.at("/code/enabled").asBoolean();
            if (!isOff && withholds(fields.at(pointer))) {
                throw new PolicyException("/stream/mode", message + pointer);
            }
        }
    }

    private static boolean withholds(JsonNode action) {
        return action.asText().equals("redact") || action.asText().equals("block");
    }
}
