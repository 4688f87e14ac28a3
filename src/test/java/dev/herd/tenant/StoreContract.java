package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.tenant.StoreException.Reason;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does; {@code one} and {@code other} are two servers' views of the same. */
abstract class StoreContract {
    final TestClock clock = new TestClock();
    private DocumentStore one;
    private DocumentStore other;

    abstract DocumentStore open();

    /** Changes the text of the record numbered {@code seq} behind the store's back. */
    abstract void tamper(String tenant, long seq, String from, String to) throws Exception;

    /** Puts a line with the number {@code seq} in behind the store's back. */
    abstract void putIn(String tenant, long seq, String line) throws Exception;

    @BeforeEach
    void openBoth() {
        one = open();
        other = open();
    }

    @AfterEach
    void closeBoth() {
        one.close();
        other.close();
    }

    @Test
    void changesAreSeenOnceByEverybody() {
        assertThat(one.changes()).isEmpty();
        write("tenants/a/tenant.json", "1");

        assertThat(other.changes()).isEqualTo(Map.of("tenants/a/tenant.json", Optional.of("1")));
        assertThat(other.changes()).isEmpty();
        write("tenants/a/tenant.json", "2");
        write("tenants/b/tenant.json", "3");
        assertThat(other.changes())
                .isEqualTo(
                        Map.of("tenants/a/tenant.json", Optional.of("2"), "tenants/b/tenant.json", Optional.of("3")));
        one.write("tenants/a/tenant.json", new Expected.Present(), Optional.empty());
        assertThat(other.changes()).isEqualTo(Map.of("tenants/a/tenant.json", Optional.empty()));
    }

    @Test
    void lateComersSeeEverything() {
        write("tenants/a/tenant.json", "1");
        write("floor.json", "2");

        try (DocumentStore late = open()) {
            assertThat(late.changes())
                    .containsEntry("tenants/a/tenant.json", Optional.of("1"))
                    .containsEntry("floor.json", Optional.of("2"));
        }
    }

    @Test
    void documentsAreReplacedOnlyAsExpected() {
        String path = "tenants/a/bindings.json";
        stale(path, new Expected.Present());
        stale(path, new Expected.Tagged("x"));
        one.write(path, new Expected.Absent(), Optional.of("1"));
        stale(path, new Expected.Absent());
        stale(path, new Expected.Tagged(Documents.etag("0")));
        other.write(path, new Expected.Tagged(Documents.etag("1")), Optional.of("2"));
        stale(path, new Expected.Tagged(Documents.etag("1")));
        one.write(path, new Expected.Tagged(Documents.etag("2")), Optional.empty());
        one.write(path, new Expected.Absent(), Optional.of("3"));

        assertThat(other.changes()).isEqualTo(Map.of(path, Optional.of("3")));
    }

    private void stale(String path, Expected expected) {
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> one.write(path, expected, Optional.of("never")))
                .matches(failure -> failure.reason() == Reason.STALE);
    }

    @Test
    void oneOfManyWritersWinsEachRound() throws Exception {
        String path = "tenants/a/tenant.json";
        write(path, "0");
        AtomicInteger won = new AtomicInteger();
        for (int round = 0; round < 10; round++) {
            String before = Integer.toString(round);
            String after = Integer.toString(round + 1);
            List<Thread> writers = new ArrayList<>();
            for (DocumentStore store : List.of(one, other, one, other)) {
                writers.add(Thread.startVirtualThread(() -> {
                    try {
                        store.write(path, new Expected.Tagged(Documents.etag(before)), Optional.of(after));
                        won.incrementAndGet();
                    } catch (StoreException lost) {
                        assertThat(lost.reason()).isEqualTo(Reason.STALE);
                    }
                }));
            }
            for (Thread writer : writers) {
                writer.join();
            }
        }

        assertThat(won).hasValue(10);
    }

    @Test
    void auditRecordsAreAChain() {
        append(one, "a", 0, 3);
        append(other, "a", 3, 5);
        append(one, "b", 0, 2);

        assertThat(lines("a", 0)).hasSize(5);
        assertThat(lines("a", 3)).hasSize(2).first().asString().startsWith("{\"seq\":4,\"n\":3,\"prevHash\":\"");
        AuditChain.Verdict verdict = one.auditLog().verify("a");
        assertThat(verdict.isWhole()).isTrue();
        assertThat(verdict.records()).isEqualTo(5);
        assertThat(one.auditLog().verify("nobody").records()).isZero();
        assertThat(one.auditLog().tenants()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void tamperingBreaksTheChain() throws Exception {
        append(one, "a", 0, 6);
        append(one, "b", 0, 6);
        tamper("a", 3, "\"n\":2", "\"n\":7");

        AuditChain.Verdict verdict = other.auditLog().verify("a");

        assertThat(verdict.isWhole()).isFalse();
        assertThat(verdict.brokenAt()).isEqualTo(3);
        assertThat(verdict.complaint()).contains("hash");
        assertThat(other.auditLog().verify("b").isWhole()).isTrue();
    }

    @Test
    void recordThatWasPutInIsNoticedWhateverNumberItHas() throws Exception {
        append(one, "a", 0, 3);
        clock.advance(Duration.ofDays(1));
        append(one, "a", 3, 6);
        one.auditLog().prune("a", LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
        assertThat(one.auditLog().verify("a").isWhole()).isTrue();
        String forged = new AuditChain(0, "0".repeat(64))
                .line(Documents.JSON.createObjectNode().put("n", 99));

        putIn("a", 1, forged);

        assertThat(lines("a", 0)).contains(forged);
        AuditChain.Verdict verdict = other.auditLog().verify("a");
        assertThat(verdict.isWhole()).isFalse();
        assertThat(verdict.brokenAt()).isNotNull();
    }

    @Test
    void removedRecordsAreMissed() throws Exception {
        append(one, "a", 0, 6);
        String fourth = lines("a", 3).getFirst();
        AuditChain.Walk walk = new AuditChain.Walk(AuditChain.START);
        boolean isTaken = true;
        for (String line : lines("a", 0)) {
            isTaken = isTaken && (line.equals(fourth) || walk.accept(line));
        }

        assertThat(walk.verdict().brokenAt()).isEqualTo(4);
        assertThat(walk.verdict().complaint()).contains("before");
    }

    @Test
    void oldDaysGoAndTheChainGoesOn() {
        append(one, "a", 0, 3);
        clock.advance(Duration.ofDays(1));
        append(one, "a", 3, 5);
        clock.advance(Duration.ofDays(1));
        append(one, "a", 5, 6);
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);

        one.auditLog().prune("a", today);
        other.auditLog().prune("a", today);

        assertThat(lines("a", 0)).hasSize(1);
        append(other, "a", 6, 8);
        AuditChain.Verdict verdict = one.auditLog().verify("a");
        assertThat(verdict.isWhole()).isTrue();
        assertThat(verdict.first()).isEqualTo(6);
        assertThat(verdict.records()).isEqualTo(3);
        one.auditLog().prune("a", today.plusDays(1));
        append(one, "a", 8, 9);
        assertThat(lines("a", 0)).hasSize(1).first().asString().startsWith("{\"seq\":9,");
        assertThat(one.auditLog().verify("a").isWhole()).isTrue();
    }

    @Test
    void pagesGoOverDays() {
        append(one, "a", 0, 3);
        clock.advance(Duration.ofDays(1));
        append(one, "a", 3, 5);
        clock.advance(Duration.ofDays(1));
        append(one, "a", 5, 9);

        for (int after = 0; after <= 9; after++) {
            assertThat(lines("a", after)).isEqualTo(lines("a", 0).subList(after, 9));
        }
    }

    @Test
    void exportsComeInPages() {
        append(one, "a", 0, 10);
        AuditQuery all = new AuditQuery(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        AuditPage first = AuditPage.read(one.auditLog(), "a", all, 0, 4);
        AuditPage second = AuditPage.read(one.auditLog(), "a", all, first.next().orElseThrow(), 6);

        assertThat(first.text().lines()).hasSize(4);
        assertThat(first.next()).hasValue(4);
        assertThat(second.text().lines()).hasSize(6);
        assertThat(second.next()).isEqualTo(OptionalLong.empty());
        assertThat(first.text() + second.text()).isEqualTo(String.join("\n", lines("a", 0)) + "\n");
    }

    private void write(String path, String text) {
        one.write(path, new Expected.Anything(), Optional.of(text));
    }

    private static void append(DocumentStore store, String tenant, int from, int to) {
        List<ObjectNode> records = new ArrayList<>();
        for (int n = from; n < to; n++) {
            records.add(Documents.JSON.createObjectNode().put("n", n));
        }
        store.auditLog().append(tenant, records);
    }

    private List<String> lines(String tenant, long after) {
        List<String> lines = new ArrayList<>();
        other.auditLog().read(tenant, after, lines::add);
        return lines;
    }
}
