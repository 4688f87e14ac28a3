package dev.herd.tenant;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.bucket4j.local.LocalBucketBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts what tenants and keys use, and refuses what is beyond their limits. In memory: each replica counts by itself. Safe for
 * use by many threads.
 */
public final class RateLimits {
    private static final Duration PERIOD = Duration.ofMinutes(1);

    private final TimeMeter time;
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();

    /** Counts by the clock of the machine. */
    public RateLimits() {
        this(TimeMeter.SYSTEM_MILLISECONDS);
    }

    RateLimits(TimeMeter time) {
        this.time = time;
    }

    /** What is limited, as a refusal names it. */
    public enum Quantity {
        /** Requests per minute. */
        REQUESTS("requests per minute"),
        /** Tokens of prompts per minute. */
        INPUT_TOKENS("input tokens per minute"),
        /** Tokens of answers per minute. */
        OUTPUT_TOKENS("output tokens per minute"),
        /** Pictures and videos per minute. */
        IMAGES("images per minute"),
        /** Answers under way. */
        CONCURRENCY("requests at a time"),
        /** Requests that are judged, computed or answered. */
        PRESENCE("requests at a time");

        private final String label;

        Quantity(String label) {
            this.label = label;
        }

        @Nullable
        Integer limit(Limits limits) {
            return switch (this) {
                case REQUESTS -> limits.requestsPerMinute();
                case INPUT_TOKENS -> limits.inputTokensPerMinute();
                case OUTPUT_TOKENS -> limits.outputTokensPerMinute();
                case IMAGES -> limits.imagesPerMinute();
                case CONCURRENCY -> limits.concurrency();
                case PRESENCE -> twice(limits.concurrency());
            };
        }

        private static @Nullable Integer twice(@Nullable Integer number) {
            return number == null ? null : (int) Math.min(Integer.MAX_VALUE, 2L * number);
        }

        /** For people. */
        public String label() {
            return label;
        }
    }

    /** Counts a request; empty if it may go on. */
    public Optional<Refusal> request(Identity identity) {
        return take(identity, Map.of(Quantity.REQUESTS, 1L)).refusal();
    }

    /**
     * Counts a request that will be judged and answered, until {@link Admission#finish}: as many as may be answered at a time
     * may come and go beside them, so that nobody keeps the guards, and the threads that wait for them, from others.
     */
    public Admission enter(Identity identity) {
        return take(identity, Map.of(Quantity.PRESENCE, 1L));
    }

    /**
     * Counts what an answer takes.
     *
     * @param inputTokens of its prompts
     * @param outputTokens at most; what is more than the limit itself is never asked for
     * @param images pictures and videos of its prompt
     */
    public Admission answer(Identity identity, long inputTokens, long outputTokens, long images) {
        Map<Quantity, Long> wanted = new LinkedHashMap<>();
        wanted.put(Quantity.CONCURRENCY, 1L);
        wanted.put(Quantity.INPUT_TOKENS, inputTokens);
        wanted.put(Quantity.OUTPUT_TOKENS, outputTokens);
        wanted.put(Quantity.IMAGES, images);
        return take(identity, wanted);
    }

    private Admission take(Identity identity, Map<Quantity, Long> wanted) {
        List<Taken> taken = new ArrayList<>();
        for (Account account : accounts(identity)) {
            for (Map.Entry<Quantity, Long> want : wanted.entrySet()) {
                Optional<Refusal> refusal = account.take(want.getKey(), want.getValue(), taken);
                if (refusal.isPresent()) {
                    taken.forEach(Taken::giveBack);
                    return new Admission(List.of(), refusal);
                }
            }
        }
        return new Admission(taken, Optional.empty());
    }

    private List<Account> accounts(Identity identity) {
        if (identity.tenant().isEmpty()) {
            return List.of();
        }
        String tenant = identity.caller().tenant();
        Account ofTenant = account(tenant, identity.tenantLimits());
        return identity.keyLimits().equals(Limits.NONE)
                ? List.of(ofTenant)
                : List.of(ofTenant, account(tenant + "/" + identity.caller().key(), identity.keyLimits()));
    }

    private Account account(String name, Limits limits) {
        return accounts.compute(name, (id, known) -> known == null ? new Account(limits) : known.under(limits));
    }

    /** What a caller has left, for the headers of an answer: of the account that has the least. */
    public List<Standing> standings(Identity identity) {
        List<Standing> standings = new ArrayList<>();
        for (Quantity quantity : List.of(Quantity.REQUESTS, Quantity.INPUT_TOKENS, Quantity.OUTPUT_TOKENS)) {
            for (Account account : accounts(identity)) {
                account.standing(quantity).ifPresent(standings::add);
            }
        }
        return standings;
    }

    /**
     * How an account stands.
     *
     * @param reset how long until it is full again
     */
    public record Standing(Quantity quantity, long limit, long remaining, Duration reset) {
        /** Share that is left. */
        public double share() {
            return (double) remaining / limit;
        }
    }

    /**
     * Why something is refused.
     *
     * @param retryAfter when to try again; zero if that will never help
     */
    public record Refusal(Quantity quantity, long limit, Duration retryAfter) {}

    /** What was taken for an answer, or why nothing was. */
    public static final class Admission {
        private final List<Taken> taken;
        private final Optional<Refusal> refusal;
        private final AtomicBoolean isOver = new AtomicBoolean();

        private Admission(List<Taken> taken, Optional<Refusal> refusal) {
            this.taken = List.copyOf(taken);
            this.refusal = refusal;
        }

        /** Why the answer is refused; empty if it is not. */
        public Optional<Refusal> refusal() {
            return refusal;
        }

        /** The answer is complete, or will never be: gives back what it did not take. Harmless if repeated. */
        public void finish(long outputTokens) {
            if (isOver.compareAndSet(false, true)) {
                taken.forEach(part -> part.finish(outputTokens));
            }
        }
    }

    private record Taken(Account account, Quantity quantity, long amount) {
        void giveBack() {
            account.giveBack(quantity, amount);
        }

        void finish(long outputTokens) {
            switch (quantity) {
                case CONCURRENCY, PRESENCE -> giveBack();
                case OUTPUT_TOKENS -> account.giveBack(quantity, Math.max(0, amount - outputTokens));
                default -> {}
            }
        }
    }

    /** What a tenant or a key uses. */
    private final class Account {
        private Limits limits;
        private final Map<Quantity, Bucket> buckets = new ConcurrentHashMap<>();
        private final Map<Quantity, AtomicInteger> places =
                Map.of(Quantity.CONCURRENCY, new AtomicInteger(), Quantity.PRESENCE, new AtomicInteger());

        Account(Limits limits) {
            this.limits = limits;
            adjust();
        }

        /** The same account under limits that may have changed. */
        Account under(Limits changed) {
            if (!limits.equals(changed)) {
                limits = changed;
                adjust();
            }
            return this;
        }

        private void adjust() {
            for (Quantity quantity : Quantity.values()) {
                Integer limit = quantity.limit(limits);
                if (places.containsKey(quantity)) {
                    continue;
                }
                if (limit == null) {
                    buckets.remove(quantity);
                    continue;
                }
                buckets.compute(quantity, (id, bucket) -> {
                    if (bucket == null) {
                        return bucket(limit);
                    }
                    bucket.replaceConfiguration(
                            BucketConfiguration.builder()
                                    .addLimit(bandwidth(limit))
                                    .build(),
                            TokensInheritanceStrategy.PROPORTIONALLY);
                    return bucket;
                });
            }
        }

        private Bucket bucket(int limit) {
            return new LocalBucketBuilder()
                    .addLimit(bandwidth(limit))
                    .withCustomTimePrecision(time)
                    .build();
        }

        private static Bandwidth bandwidth(int limit) {
            return Bandwidth.builder()
                    .capacity(limit)
                    .refillGreedy(limit, PERIOD)
                    .build();
        }

        Optional<Refusal> take(Quantity quantity, long amount, List<Taken> taken) {
            Integer limit = quantity.limit(limits);
            if (limit == null || amount == 0) {
                return Optional.empty();
            }
            AtomicInteger place = places.get(quantity);
            if (place != null) {
                return enter(quantity, place, limit, taken);
            }
            if (quantity != Quantity.OUTPUT_TOKENS && amount > limit) {
                return Optional.of(new Refusal(quantity, limit, Duration.ZERO));
            }
            Bucket bucket = buckets.get(quantity);
            long wanted = Math.min(amount, limit);
            if (bucket == null || bucket.tryConsume(wanted)) {
                taken.add(new Taken(this, quantity, wanted));
                return Optional.empty();
            }
            long nanos = bucket.estimateAbilityToConsume(wanted).getNanosToWaitForRefill();
            return Optional.of(new Refusal(quantity, limit, Duration.ofNanos(Math.max(1, nanos))));
        }

        private Optional<Refusal> enter(Quantity quantity, AtomicInteger place, int limit, List<Taken> taken) {
            if (place.incrementAndGet() > limit) {
                place.decrementAndGet();
                int stated = quantity == Quantity.PRESENCE ? limit / 2 : limit;
                return Optional.of(new Refusal(quantity, stated, Duration.ofSeconds(1)));
            }
            taken.add(new Taken(this, quantity, 1));
            return Optional.empty();
        }

        void giveBack(Quantity quantity, long amount) {
            AtomicInteger place = places.get(quantity);
            if (place != null) {
                place.decrementAndGet();
                return;
            }
            Bucket bucket = buckets.get(quantity);
            if (bucket != null && amount > 0) {
                bucket.addTokens(amount);
            }
        }

        Optional<Standing> standing(Quantity quantity) {
            Integer limit = quantity.limit(limits);
            Bucket bucket = buckets.get(quantity);
            if (limit == null || bucket == null) {
                return Optional.empty();
            }
            long nanos = bucket.estimateAbilityToConsume(limit).getNanosToWaitForRefill();
            return Optional.of(
                    new Standing(quantity, limit, Math.max(0, bucket.getAvailableTokens()), Duration.ofNanos(nanos)));
        }
    }
}
