package dev.herd.runtime;

import dev.herd.api.SafetyRecorder;
import dev.herd.safety.Action;
import dev.herd.safety.Finding;
import dev.herd.safety.SafetyDecision;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.regex.Pattern;

/** Counts decisions and findings. Codes that tenants choose are counted together, so that there are few time series. */
@Singleton
final class SafetyMetrics implements SafetyRecorder {
    private static final Pattern OWN_CODE =
            Pattern.compile("S(?:1[0-4]|[1-9]|\\?)|[A-Z][A-Z0-9_]{2,24}|[a-z]+_[a-z_]{3,24}");

    private final MeterRegistry registry;

    SafetyMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void decided(SafetyDecision decision) {
        String direction = decision.direction().name().toLowerCase(Locale.ROOT);
        registry.counter(
                        "herd.safety.decisions",
                        "direction",
                        direction,
                        "action",
                        decision.effective().wireName())
                .increment();
        registry.timer("herd.safety.latency", "direction", direction).record(decision.latency());
        if (decision.isDegraded()) {
            registry.counter("herd.safety.degraded", "direction", direction).increment();
        }
        for (Finding finding : decision.findings()) {
            if (finding.action() != Action.ALLOW) {
                registry.counter(
                                "herd.safety.findings",
                                "direction",
                                direction,
                                "scanner",
                                finding.scanner(),
                                "category",
                                category(finding),
                                "action",
                                finding.effective().wireName())
                        .increment();
            }
        }
    }

    private static String category(Finding finding) {
        boolean isTenants =
                finding.scanner().equals("words") || finding.scanner().equals("encoded");
        return !isTenants && OWN_CODE.matcher(finding.code()).matches() ? finding.code() : "own";
    }
}
