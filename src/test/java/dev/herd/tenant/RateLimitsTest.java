package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.safety.Caller;
import dev.herd.tenant.RateLimits.Admission;
import dev.herd.tenant.RateLimits.Quantity;
import dev.herd.tenant.RateLimits.Refusal;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
    private final AtomicLong nanos = new AtomicLong(1);
    private final RateLimits limits = new RateLimits(new TimeMeter() {
        @Override
        public long currentTimeNanos() {
            return nanos.get();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    });

    @Test
    void requestsOfAMinuteRunOutAndComeBack() {
        Identity tenant = tenant("a", limits(3, null, null, null, null), Limits.NONE);
        for (int i = 0; i < 3; i++) {
            assertThat(limits.request(tenant)).isEmpty();
        }

        Refusal refusal = limits.request(tenant).orElseThrow();

        assertThat(refusal.quantity()).isEqualTo(Quantity.REQUESTS);
        assertThat(refusal.limit()).isEqualTo(3);
        assertThat(refusal.retryAfter()).isBetween(Duration.ofSeconds(19), Duration.ofSeconds(20));
        advance(refusal.retryAfter());
        assertThat(limits.request(tenant)).isEmpty();
        assertThat(limits.request(tenant)).isPresent();
    }

    @Test
    void tenantsDoNotShareAndKeysAreBeneathTheirTenant() {
        Limits two = limits(2, null, null, null, null);
        Identity narrow = tenant("a", two, limits(1, null, null, null, null));

        assertThat(limits.request(narrow)).isEmpty();
        assertThat(limits.request(narrow)).isPresent();
        assertThat(limits.request(tenant("a", two, Limits.NONE))).isEmpty();
        assertThat(limits.request(tenant("a", two, Limits.NONE))).isPresent();
        assertThat(limits.request(tenant("b", two, Limits.NONE))).isEmpty();
    }

    @Test
    void whatAnAnswerDoesNotTakeIsGivenBack() {
        Identity tenant = tenant("a", limits(null, 1000, 100, null, null), Limits.NONE);

        Admission first = limits.answer(tenant, 10, 80, 0);
        assertThat(first.refusal()).isEmpty();
        assertThat(limits.answer(tenant, 10, 80, 0).refusal().orElseThrow().quantity())
                .isEqualTo(Quantity.OUTPUT_TOKENS);
        first.finish(30);
        first.finish(0);

        assertThat(remaining(tenant, Quantity.OUTPUT_TOKENS)).isEqualTo(70);
        assertThat(remaining(tenant, Quantity.INPUT_TOKENS)).isEqualTo(990);
        assertThat(limits.answer(tenant, 10, 70, 0).refusal()).isEmpty();
    }

    @Test
    void refusedAnswerTakesNothing() {
        Identity tenant = tenant("a", limits(null, 100, 100, 5, 3), Limits.NONE);

        assertThat(limits.answer(tenant, 50, 100, 4).refusal().orElseThrow().retryAfter())
                .isZero();

        assertThat(remaining(tenant, Quantity.INPUT_TOKENS)).isEqualTo(100);
        assertThat(remaining(tenant, Quantity.OUTPUT_TOKENS)).isEqualTo(100);
        for (int i = 0; i < 5; i++) {
            assertThat(limits.answer(tenant, 1, 1, 0).refusal()).isEmpty();
        }
    }

    @Test
    void answersAtATimeAreCounted() {
        Identity tenant = tenant("a", limits(null, null, null, 1, null), Limits.NONE);

        Admission first = limits.answer(tenant, 1, 1, 0);
        assertThat(limits.answer(tenant, 1, 1, 0).refusal().orElseThrow().quantity())
                .isEqualTo(Quantity.CONCURRENCY);
        first.finish(0);
        first.finish(1);

        assertThat(limits.answer(tenant, 1, 1, 0).refusal()).isEmpty();
        assertThat(limits.answer(tenant, 1, 1, 0).refusal()).isPresent();
    }

    @Test
    void requestsThatAreJudgedAreBoundedToo() {
        Identity tenant = tenant("a", limits(null, null, null, 2, null), Limits.NONE);
        List<RateLimits.Admission> here = java.util.stream.Stream.generate(() -> limits.enter(tenant))
                .limit(4)
                .toList();

        assertThat(here).allMatch(place -> place.refusal().isEmpty());
        assertThat(limits.enter(tenant).refusal().orElseThrow().limit()).isEqualTo(2);
        here.getFirst().finish(0);
        here.getFirst().finish(0);
        assertThat(limits.enter(tenant).refusal()).isEmpty();
        assertThat(limits.enter(tenant).refusal()).isPresent();
        assertThat(limits.enter(Identity.LOCAL).refusal()).isEmpty();
    }

    @Test
    void anAnswerLongerThanTheLimitTakesAllOfIt() {
        Identity tenant = tenant("a", limits(null, null, 100, null, null), Limits.NONE);

        Admission answer = limits.answer(tenant, 1, 100_000, 0);

        assertThat(answer.refusal()).isEmpty();
        answer.finish(60);
        assertThat(remaining(tenant, Quantity.OUTPUT_TOKENS)).isEqualTo(40);
    }

    @Test
    void changedLimitsHoldAtOnce() {
        assertThat(limits.request(tenant("a", limits(2, null, null, null, null), Limits.NONE)))
                .isEmpty();

        Identity more = tenant("a", limits(20, null, null, null, null), Limits.NONE);

        assertThat(limits.request(more)).isEmpty();
        assertThat(remaining(more, Quantity.REQUESTS)).isEqualTo(9);
        assertThat(limits.standings(tenant("a", Limits.NONE, Limits.NONE))).isEmpty();
    }

    @Test
    void nobodyWithoutATenantIsLimited() {
        for (int i = 0; i < 100; i++) {
            assertThat(limits.request(Identity.LOCAL)).isEmpty();
        }
        assertThat(limits.standings(Identity.LOCAL)).isEmpty();
    }

    private void advance(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private long remaining(Identity tenant, Quantity quantity) {
        return limits.standings(tenant).stream()
                .filter(standing -> standing.quantity() == quantity)
                .findFirst()
                .orElseThrow()
                .remaining();
    }

    private static Limits limits(
            @Nullable Integer requests,
            @Nullable Integer input,
            @Nullable Integer output,
            @Nullable Integer concurrency,
            @Nullable Integer images) {
        return new Limits(requests, input, output, concurrency, null, null, images, null, null, null, null, null, null);
    }

    private static Identity tenant(String id, Limits ofTenant, Limits ofKey) {
        return new Identity(
                new Caller(id, "key", "", ""),
                Optional.of(Tenant.of(id)),
                Set.of(Scope.INFER),
                ofTenant,
                ofKey,
                List.of());
    }
}
