package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.safety.Action;
import dev.herd.safety.Caller;
import dev.herd.safety.Direction;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.Finding;
import dev.herd.safety.Policy;
import dev.herd.safety.PolicyException;
import dev.herd.safety.SafetyDecision;
import dev.herd.safety.TextSource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditWriterTest {
    private static final String TEXT = "my card is 4111111111111111";

    /** By how much of the text they want kept. */
    private static final Map<String, Policy> POLICIES = new ConcurrentHashMap<>();

    @TempDir
    Path root;

    private TestTenancy tenancy;

    @BeforeEach
    void open() {
        tenancy = new TestTenancy(root);
        tenancy.tenant("a");
    }

    @AfterEach
    void close() {
        tenancy.close();
    }

    @Test
    void decisionIsRecordedWithoutItsText() throws Exception {
        JsonNode record = recordOf(decision(1, Action.BLOCK, "full"));

        assertThat(record.path("assessmentId").asText()).isEqualTo("sa_1");
        assertThat(record.path("tenant").asText()).isEqualTo("a");
        assertThat(record.path("keyId").asText()).isEqualTo("key");
        assertThat(record.path("policy").asText()).isEqualTo("p");
        assertThat(record.path("policyVersion").asText()).isEqualTo("3");
        assertThat(record.path("policySha256").asText()).hasSize(64);
        assertThat(record.path("direction").asText()).isEqualTo("input");
        assertThat(record.path("effectiveAction").asText()).isEqualTo("block");
        assertThat(record.path("latencyMs").asDouble()).isEqualTo(1.5);
        assertThat(record.path("findings").get(0).path("code").asText()).isEqualTo("CREDIT_CARD");
        assertThat(record.path("textHmac").asText()).isEqualTo(tenancy.serverKey.textHash("a", TEXT));
        assertThat(record.toString()).doesNotContain("4111");
    }

    @Test
    void excerptIsKeptWhereTenantAndPolicyWantIt() throws Exception {
        Tenant open = new Tenant("a", "a", Tenant.Status.ACTIVE, 0, Limits.NONE, true, 30);
        tenancy.admin.update(TestTenancy.OPERATOR, tenancy.admin.tenant("a").tenant(), open, new Expected.Present());

        assertThat(recordOf(decision(1, Action.BLOCK, "hash")).has("excerpt")).isFalse();
        assertThat(recordOf(decision(2, Action.BLOCK, "redacted"))
                        .path("excerpt")
                        .asText())
                .isEqualTo("my card is [CREDIT_CARD]");
        assertThat(recordOf(decision(3, Action.BLOCK, "full")).path("excerpt").asText())
                .isEqualTo(TEXT);
    }

    @Test
    void whatWasAllowedIsSampled() throws Exception {
        for (double share : new double[] {0, 0.25, 1}) {
            CountingLog log = new CountingLog();
            try (AuditWriter writer = writer(log, share)) {
                for (int i = 0; i < 2000; i++) {
                    writer.record(decision(i, Action.ALLOW, "hash"));
                }
                writer.flush();
            }
            assertThat(log.records.size())
                    .as("share " + share)
                    .isBetween((int) (share * 2000) - 100, (int) (share * 2000) + 100);
        }
    }

    @Test
    void whatDoesNotFitIsCountedAndSaid() throws Exception {
        CountingLog log = new CountingLog();
        int all = 20_000;
        long lost;
        try (AuditWriter writer = writer(log, 0)) {
            log.gate = new CountDownLatch(1);
            for (int i = 0; i < all; i++) {
                writer.record(decision(i, Action.BLOCK, "hash"));
            }
            lost = writer.lost();
            log.gate.countDown();
            writer.flush();
        }

        assertThat(lost).isPositive();
        long decisions = log.records.stream()
                .filter(record -> record.path("type").asText().equals("decision"))
                .count();
        long said = log.records.stream()
                .filter(record -> record.path("type").asText().equals("gap"))
                .mapToLong(record -> record.path("lost").asLong())
                .sum();
        assertThat(decisions).isEqualTo(all - lost);
        assertThat(said).isEqualTo(lost);
    }

    @Test
    void logThatFailsIsTriedAgain() throws Exception {
        CountingLog log = new CountingLog();
        log.failures = 1;
        try (AuditWriter writer = writer(log, 0)) {
            writer.record(decision(1, Action.BLOCK, "hash"));
            writer.flush();
        }

        assertThat(log.records).hasSize(1);
        assertThat(tenancy.complaints).anyMatch(line -> line.contains("wait to be written"));
    }

    @Test
    void tenantWhoseLogIsBrokenKeepsNobodyElse() throws Exception {
        CountingLog log = new CountingLog();
        log.broken = "a";
        try (AuditWriter writer = writer(log, 0)) {
            for (int i = 0; i < 3000; i++) {
                writer.record(decision(i, Action.BLOCK, "hash"));
            }
            writer.record(decisionOf("b"));
            writer.flush();
            assertThat(log.records)
                    .extracting(record -> record.path("tenant").asText())
                    .containsExactly("b");
            log.broken = "";
        }

        assertThat(log.records).hasSize(3001);
        assertThat(log.records.getLast().path("assessmentId").asText()).isEqualTo("sa_2999");
    }

    @Test
    void gapsSayWhoseTheyAreAndSinceWhen() throws Exception {
        CountingLog log = new CountingLog();
        log.broken = "a";
        try (AuditWriter writer = writer(log, 0)) {
            for (int i = 0; i < 9000; i++) {
                writer.record(decision(i, Action.BLOCK, "hash"));
                if (i % 1000 == 0) {
                    writer.flush();
                }
            }
            writer.flush();
            assertThat(writer.lost()).isEqualTo(9000 - 8192);
            log.broken = "";
        }

        JsonNode gap = log.records.stream()
                .filter(record -> record.path("type").asText().equals("gap"))
                .findFirst()
                .orElseThrow();
        assertThat(gap.path("tenant").asText()).isEqualTo("a");
        assertThat(gap.path("ts").asText()).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(gap.path("lost").asLong()).isEqualTo(9000 - 8192);
    }

    /** The end may come at any point of a round; here it does behind the tenant that is not yet to be tried again. */
    @Test
    void whatCanBeWrittenAtTheEndIs() throws Exception {
        CountingLog log = new CountingLog();
        log.broken = "a";
        AuditWriter writer = writer(log, 0);
        writer.record(decision(1, Action.BLOCK, "hash"));
        writer.flush();
        log.gate = new CountDownLatch(1);
        writer.record(decisionOf("b"));
        assertThat(log.held.await(10, TimeUnit.SECONDS)).isTrue();

        log.broken = "";
        Thread end = Thread.ofPlatform().start(writer::close);
        while (end.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        log.gate.countDown();
        end.join();

        assertThat(log.records)
                .extracting(record -> record.path("tenant").asText())
                .containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void whatTheEndOfTheServerLosesIsSaid() throws Exception {
        CountingLog log = new CountingLog();
        log.broken = "a";
        try (AuditWriter writer = writer(log, 0)) {
            writer.record(decision(1, Action.BLOCK, "hash"));
            writer.flush();
        }

        assertThat(tenancy.complaints).last().asString().contains("1 decisions about a are lost");
    }

    private static SafetyDecision decisionOf(String tenant) throws PolicyException {
        return decision(1, Action.BLOCK, "hash", tenant);
    }

    private JsonNode recordOf(SafetyDecision decision) throws Exception {
        try (AuditWriter writer = writer(tenancy.store.auditLog(), 0)) {
            writer.record(decision);
            writer.flush();
        }
        List<String> lines = new ArrayList<>();
        tenancy.store.auditLog().read("a", 0, lines::add);
        assertThat(tenancy.store.auditLog().verify("a").isWhole()).isTrue();
        return Documents.JSON.readTree(lines.getLast());
    }

    private AuditWriter writer(AuditLog log, double share) {
        return new AuditWriter(log, tenancy.directory, tenancy.serverKey, share, tenancy.complaints::add);
    }

    static SafetyDecision decision(int number, Action action, String audit) throws PolicyException {
        return decision(number, action, audit, "a");
    }

    private static SafetyDecision decision(int number, Action action, String audit, String tenant)
            throws PolicyException {
        Policy policy = POLICIES.get(audit);
        if (policy == null) {
            policy = Policy.parse("{\"trace\":{\"audit\":\"" + audit + "\"}}");
            POLICIES.put(audit, policy);
        }
        return new SafetyDecision(
                java.time.Instant.EPOCH,
                "sa_" + number,
                "req_" + number,
                new Caller(tenant, "key", "", ""),
                new EffectivePolicy("p", "3", policy),
                "model/fp",
                Map.of(),
                "",
                Direction.INPUT,
                action == Action.ALLOW
                        ? List.of()
                        : List.of(new Finding(
                                "pii", "CREDIT_CARD", TextSource.USER, "0:11-27", 1, 1, action, action, true, "ab", 0)),
                action,
                action,
                Duration.ofNanos(1_500_000),
                false,
                0,
                TEXT.length(),
                0,
                false,
                0,
                TEXT,
                "my card is [CREDIT_CARD]");
    }

    /** A log in memory that can be slow and can fail. */
    private static final class CountingLog implements AuditLog {
        final List<ObjectNode> records = new ArrayList<>();
        final CountDownLatch held = new CountDownLatch(1);
        volatile CountDownLatch gate = new CountDownLatch(0);
        int failures;
        volatile String broken = "";

        @Override
        public void append(String tenant, List<ObjectNode> more) {
            if (gate.getCount() > 0) {
                held.countDown();
            }
            try {
                gate.await();
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
            if (failures-- > 0 || tenant.equals(broken)) {
                throw new StoreException(StoreException.Reason.UNAVAILABLE, "no room");
            }
            records.addAll(more);
        }

        @Override
        public void read(String tenant, long after, LineReader line) {
            throw new UnsupportedOperationException();
        }

        @Override
        public AuditChain.Verdict verify(String tenant) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void prune(String tenant, LocalDate first) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> tenants() {
            return List.of();
        }
    }
}
