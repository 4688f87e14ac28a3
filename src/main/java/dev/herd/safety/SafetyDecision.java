package dev.herd.safety;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What was decided about one direction of a request; all that an audit record is made of.
 *
 * @param assessmentId {@code sa_} and 32 digits; both directions of a request share it
 * @param requestId of the HTTP request
 * @param model name and fingerprint of the model
 * @param guards revision of each guard that was asked, by name
 * @param templateVariant prompt template of the content guard
 * @param action what the policy says
 * @param effective what was done
 * @param isDegraded whether a guard failed and the policy let the text pass
 * @param redactions how many spans were replaced
 * @param textChars characters that were judged
 * @param images pictures that were judged
 * @param isTruncated whether something was too long to be judged as a whole
 * @param guardTokens tokens that guards have computed
 * @param text what was judged, for the HMAC and, if the policy has its texts kept, the excerpt
 * @param redactedText {@code text} with everything replaced that scanners have found in it
 */
public record SafetyDecision(
        Instant time,
        String assessmentId,
        String requestId,
        Caller caller,
        EffectivePolicy policy,
        String model,
        Map<String, String> guards,
        String templateVariant,
        Direction direction,
        List<Finding> findings,
        Action action,
        Action effective,
        Duration latency,
        boolean isDegraded,
        int redactions,
        long textChars,
        int images,
        boolean isTruncated,
        int guardTokens,
        String text,
        String redactedText) {
    public SafetyDecision {
        guards = Map.copyOf(guards);
        findings = List.copyOf(findings);
    }
}
