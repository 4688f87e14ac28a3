package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a policy words and shapes refusals, and what of the assessment answers show. */
public final class PolicyAnswers {
    private final JsonNode fields;

    PolicyAnswers(JsonNode fields) {
        this.fields = fields;
    }

    /** What of the assessment an answer shows. */
    public enum Trace {
        /** Nothing. */
        NONE,
        /** What was done and why, if something was done or the request asks. */
        MINIMAL,
        /** Everything, always. */
        FULL
    }

    /** Whether a blocked request is answered with an error instead of a message. */
    public boolean inputIsError() {
        return fields.at("/messages/inputStyle").asText().equals("error");
    }

    /** Whether a blocked answer is told of by the refusal member instead of the content. */
    public boolean outputIsRefusal() {
        return fields.at("/messages/outputStyle").asText().equals("refusal");
    }

    /** Whether a stream tells of its end in words, too. */
    public boolean streamsSayWhy() {
        return fields.at("/stream/onBlock").asText().equals("message");
    }

    /** {@code off}, {@code shadow} or {@code enforce}. */
    public String mode() {
        return fields.at("/mode").asText();
    }

    /** What of the assessment answers show. */
    public Trace trace() {
        return Trace.valueOf(fields.at("/trace/response").asText().toUpperCase(Locale.ROOT));
    }

    /**
     * What is said instead of a blocked text.
     *
     * @param languages value of the header {@code Accept-Language}; empty for the policy's own language
     */
    public String message(Direction direction, String languages) {
        String field = direction == Direction.INPUT ? "inputBlocked" : "outputBlocked";
        return localised(languages, field);
    }

    private String localised(String languages, String field) {
        JsonNode messages = fields.path("messages");
        List<String> tags = new ArrayList<>();
        List<JsonNode> known = new ArrayList<>();
        for (JsonNode locale : messages.path("locales")) {
            tags.add(locale.path("locale").asText());
            known.add(locale);
        }
        if (tags.isEmpty() || languages.isEmpty()) {
            return messages.path(field).asText();
        }
        try {
            String tag = Locale.lookupTag(Locale.LanguageRange.parse(languages), tags);
            int index = tag == null ? -1 : indexOf(tags, tag);
            return index < 0
                    ? messages.path(field).asText()
                    : known.get(index).path(field).asText();
        } catch (IllegalArgumentException malformed) {
            return messages.path(field).asText();
        }
    }

    private static int indexOf(List<String> tags, String tag) {
        for (int i = 0; i < tags.size(); i++) {
            if (tags.get(i).equalsIgnoreCase(tag)) {
                return i;
            }
        }
        return -1;
    }

    /** Most pictures of a request. */
    public int maxImages() {
        return fields.at("/images/maxPerRequest").intValue();
    }

    /** Most pixels of a picture. */
    public int maxPixels() {
        return fields.at("/images/maxPixels").intValue();
    }

    /** Whether pictures may be fetched from a host. */
    public boolean permitsImagesFrom(String host) {
        JsonNode hosts = fields.at("/images/allowedHosts");
        return fields.at("/images/allowRemote").asBoolean()
                && (hosts.isEmpty()
                        || hosts.valueStream()
                                .anyMatch(allowed -> allowed.asText().equals(host)));
    }

    /** What the operator puts beside the tenant's own system message; empty for nothing. */
    public String preamble() {
        return fields.at("/systemPreamble/text").asText();
    }

    /** Whether it stands before the tenant's own. */
    public boolean isPreambleFirst() {
        return fields.at("/systemPreamble/position").asText().equals("prepend");
    }
}
