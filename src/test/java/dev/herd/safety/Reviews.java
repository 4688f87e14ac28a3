package dev.herd.safety;

import java.time.InstantSource;
import java.util.List;

/** Judges conversations by policies. */
final class Reviews {
    static final RulesGuard RULES = new RulesGuard();

    private Reviews() {}

    static Subject subject(Policy policy) {
        return new Subject("sa_1", "req_1", Caller.LOCAL, new EffectivePolicy("p", "1", policy), "m");
    }

    static Safety safety(ContentGuard... guards) {
        return new Safety(new Guards(List.of(guards), List.of(RULES)), InstantSource.system(), System::nanoTime);
    }

    static Safety.Input input(Policy policy, Exchange.Segment... segments) {
        try (Safety safety = safety(RULES)) {
            return safety.input(subject(policy), List.of(segments));
        }
    }
}
