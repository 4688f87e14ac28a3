package dev.herd.api;

import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.SafetyReport.Item;
import dev.herd.safety.Action;
import dev.herd.safety.Finding;
import dev.herd.safety.PolicyAnswers.Trace;
import dev.herd.safety.SafetyDecision;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Turns decisions into what clients are shown of them. Nothing that is enforced reads it. */
final class SafetyReports {
    private SafetyReports() {}

    /** The report; null if nothing is shown. */
    static @Nullable SafetyReport of(SafetyDecision input, @Nullable SafetyDecision output, Trace trace) {
        if (trace == Trace.NONE) {
            return null;
        }
        boolean isFull = trace == Trace.FULL;
        Action action = input.effective().or(output == null ? Action.ALLOW : output.effective());
        Action would = input.action().or(output == null ? Action.ALLOW : output.action());
        boolean isUnavailable = isUnavailable(input) || (output != null && isUnavailable(output));
        return new SafetyReport(
                input.assessmentId(),
                input.policy().label(),
                input.policy().policy().answers().mode(),
                action.wireName(),
                would == action ? null : would.wireName(),
                input.isDegraded() || (output != null && output.isDegraded()),
                isUnavailable ? "safety_unavailable" : null,
                part(input, isFull),
                output == null ? new SafetyReport.Part(Action.ALLOW.wireName(), List.of()) : part(output, isFull),
                input.redactions() + (output == null ? 0 : output.redactions()),
                isFull
                        ? new SafetyReport.Latency(
                                input.latency().toMillis(),
                                output == null ? 0 : output.latency().toMillis())
                        : null,
                isFull
                        ? new SafetyReport.Coverage(
                                input.textChars() + (output == null ? 0 : output.textChars()),
                                input.images(),
                                input.isTruncated() || (output != null && output.isTruncated()))
                        : null);
    }

    private static boolean isUnavailable(SafetyDecision decision) {
        return decision.findings().stream()
                .anyMatch(finding -> !finding.isDetected() && finding.effective() == Action.BLOCK);
    }

    private static SafetyReport.Part part(SafetyDecision decision, boolean isFull) {
        return new SafetyReport.Part(
                decision.effective().wireName(),
                decision.findings().stream()
                        .filter(finding -> isFull || finding.action() != Action.ALLOW)
                        .map(finding -> isFull ? full(finding) : minimal(finding))
                        .distinct()
                        .toList());
    }

    private static Item minimal(Finding finding) {
        return new Item(
                finding.scanner(),
                finding.code(),
                finding.action().wireName(),
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    private static Item full(Finding finding) {
        return new Item(
                finding.scanner(),
                finding.code(),
                finding.action().wireName(),
                finding.source().name().toLowerCase(Locale.ROOT),
                finding.score(),
                finding.threshold(),
                finding.isDetected(),
                finding.span().isEmpty() ? null : finding.span(),
                finding.hash().isEmpty() ? null : finding.hash(),
                finding.latencyMillis());
    }
}
