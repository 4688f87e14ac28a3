package dev.herd.tenant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * Which audit records are wanted.
 *
 * @param from not before
 * @param to before
 * @param code with a finding of this code
 * @param action decisions that did this
 */
public record AuditQuery(Optional<Instant> from, Optional<Instant> to, Optional<String> code, Optional<String> action) {
    boolean matches(String line) {
        if (from.isEmpty() && to.isEmpty() && code.isEmpty() && action.isEmpty()) {
            return true;
        }
        try {
            JsonNode record = Documents.JSON.readTree(line);
            Instant time = record.has("ts") ? Instant.parse(record.path("ts").asText()) : Instant.MIN;
            return from.map(start -> !time.isBefore(start)).orElse(true)
                    && to.map(time::isBefore).orElse(true)
                    && action.map(wanted ->
                                    record.path("effectiveAction").asText().equals(wanted))
                            .orElse(true)
                    && code.map(wanted -> hasFinding(record, wanted)).orElse(true);
        } catch (JsonProcessingException | DateTimeException damaged) {
            return true; // to be seen by whoever looks
        }
    }

    private static boolean hasFinding(JsonNode record, String code) {
        for (JsonNode finding : record.path("findings")) {
            if (finding.path("code").asText().equals(code)) {
                return true;
            }
        }
        return false;
    }
}
