package dev.herd.tenant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.safety.Action;
import dev.herd.safety.AuditSink;
import dev.herd.safety.Finding;
import dev.herd.safety.SafetyDecision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Writes decisions to the audit log on a thread of its own, many at a time. A tenant whose log cannot be written waits without
 * keeping the others. Decisions for which there is no room are counted, and the log says how many there were: nothing is lost in
 * silence. What has not been written when the process is killed is not in the log; what is in the log stays.
 */
public final class AuditWriter implements AuditSink, AutoCloseable {
    private static final int ROOM = 8192;
    private static final long ROOM_CHARS = 32 << 20;
    private static final int BATCH = 512;
    private static final long PATIENCE_MILLIS = 50;
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int EXCERPT = 512;

    private final AuditLog log;
    private final TenantDirectory directory;
    private final ServerKey serverKey;
    private final double allowedShare;
    private final Consumer<String> complaints;
    private final BlockingQueue<SafetyDecision> queue = new ArrayBlockingQueue<>(ROOM);
    private final AtomicLong queuedChars = new AtomicLong();
    private final Map<String, Backlog> backlogs = new LinkedHashMap<>(); // the thread's own
    private final Map<String, Lost> lost = new ConcurrentHashMap<>();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong lostEver = new AtomicLong();
    private final Thread thread;
    private volatile long stuck;
    private volatile boolean isClosing;

    /** Records of a tenant that wait to be written, without their texts. */
    private static final class Backlog {
        private final List<ObjectNode> records = new ArrayList<>();
        private int decisions;
        private long notBefore = System.nanoTime();
        private boolean isFailing;
    }

    /** Decisions about a tenant that are not in the log, until the log says so. */
    private record Lost(long count, Instant since) {
        Lost and(Lost more) {
            return new Lost(count + more.count, since);
        }
    }

    /**
     * @param allowedShare of the decisions in which nothing was found, the share that is recorded, 0 to 1
     * @param complaints takes a line when the log cannot be written
     */
    public AuditWriter(
            AuditLog log,
            TenantDirectory directory,
            ServerKey serverKey,
            double allowedShare,
            Consumer<String> complaints) {
        this.log = log;
        this.directory = directory;
        this.serverKey = serverKey;
        this.allowedShare = allowedShare;
        this.complaints = complaints;
        this.thread = Thread.ofPlatform().name("herd-audit").daemon().start(this::run);
    }

    @Override
    public void record(SafetyDecision decision) {
        if (decision.action() == Action.ALLOW && !decision.isDegraded() && !isSampled(decision.assessmentId())) {
            return;
        }
        accepted.incrementAndGet();
        int chars = chars(decision);
        boolean hasRoom = queuedChars.addAndGet(chars) <= ROOM_CHARS || queue.isEmpty();
        if (isClosing || !hasRoom || !queue.offer(decision)) {
            queuedChars.addAndGet(-chars);
            lose(decision.caller().tenant(), decision.time());
        }
    }

    private static int chars(SafetyDecision decision) {
        return decision.text().length() + decision.redactedText().length();
    }

    private void lose(String tenant, Instant time) {
        lost.merge(tenant, new Lost(1, time), Lost::and);
        lostEver.incrementAndGet();
    }

    private boolean isSampled(String id) {
        return Integer.toUnsignedLong(Documents.sha256(id).hashCode()) < allowedShare * 0x1p32;
    }

    /** Decisions for which there was no room, since the start. */
    public long lost() {
        return lostEver.get();
    }

    /** Decisions that wait to be written. */
    public int waiting() {
        return queue.size();
    }

    /** Waits until everything that was recorded before is in the log, unless that cannot be written; but not for ever. */
    public void flush() {
        long until = accepted.get();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (written.get() + lostEver.get() + stuck < until && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void run() {
        while (!isClosing || !queue.isEmpty() || !backlogs.isEmpty()) {
            boolean isLast =
                    isClosing; // as it was for all of a round: nothing is given up that was not tried once more
            try {
                gather(isLast);
                write(isLast);
                if (tellOfGaps()) {
                    write(isLast);
                }
                if (isLast && queue.isEmpty()) {
                    backlogs.forEach((tenant, backlog) -> complaints.accept(
                            backlog.decisions + " decisions about " + tenant + " are lost, as the server ends"));
                    return;
                }
            } catch (InterruptedException closing) {
                isClosing = true;
            }
        }
    }

    private void gather(boolean isLast) throws InterruptedException {
        SafetyDecision first = isLast ? queue.poll() : queue.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
            return;
        }
        List<SafetyDecision> batch = new ArrayList<>(List.of(first));
        queue.drainTo(batch, BATCH - 1);
        batch.forEach(this::keep);
    }

    private void keep(SafetyDecision decision) {
        String tenant = decision.caller().tenant();
        queuedChars.addAndGet(-chars(decision));
        Backlog backlog = backlogs.computeIfAbsent(tenant, id -> new Backlog());
        if (backlog.records.size() >= ROOM) {
            lose(tenant, decision.time());
            return;
        }
        try {
            backlog.records.add(entry(decision));
            backlog.decisions++;
        } catch (RuntimeException broken) {
            complaints.accept("a decision about " + tenant + " could not be written: " + broken);
            lose(tenant, decision.time());
        }
    }

    private void write(boolean isLast) {
        long now = System.nanoTime();
        backlogs.forEach((tenant, backlog) -> {
            if (isLast || now - backlog.notBefore >= 0) {
                write(tenant, backlog);
            }
        });
        backlogs.values().removeIf(backlog -> backlog.records.isEmpty());
        stuck = backlogs.values().stream()
                .filter(backlog -> backlog.isFailing)
                .mapToLong(backlog -> backlog.decisions)
                .sum();
    }

    private void write(String tenant, Backlog backlog) {
        try {
            log.append(tenant, backlog.records);
            written.addAndGet(backlog.decisions);
            backlog.decisions = 0;
            backlog.records.clear();
        } catch (RuntimeException unavailable) {
            complaints.accept(backlog.decisions + " decisions about " + tenant + " wait to be written: "
                    + (unavailable instanceof StoreException ? unavailable.getMessage() : unavailable));
            backlog.isFailing = true;
            backlog.notBefore = System.nanoTime() + RETRY_NANOS;
        }
    }

    private boolean tellOfGaps() {
        boolean isTold = false;
        for (String tenant : List.copyOf(lost.keySet())) {
            Backlog backlog = backlogs.computeIfAbsent(tenant, id -> new Backlog());
            Lost gap = backlog.isFailing ? null : lost.remove(tenant);
            if (gap != null) {
                backlog.records.add(Documents.JSON
                        .createObjectNode()
                        .put("type", "gap")
                        .put("ts", gap.since().toString())
                        .put("tenant", tenant)
                        .put("lost", gap.count()));
                complaints.accept(gap.count() + " decisions about " + tenant + " are not in the audit log");
                isTold = true;
            }
        }
        return isTold;
    }

    @Override
    public void close() {
        isClosing = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private ObjectNode entry(SafetyDecision decision) {
        String tenant = decision.caller().tenant();
        ObjectNode record = Documents.JSON.createObjectNode();
        record.put("type", "decision");
        record.put("ts", decision.time().toString());
        record.put("assessmentId", decision.assessmentId());
        record.put("requestId", decision.requestId());
        record.put("tenant", tenant);
        record.put("keyId", decision.caller().key());
        record.put("principal", decision.caller().principalHash());
        record.put("policy", decision.policy().id());
        record.put("policyVersion", decision.policy().version());
        record.put("policySha256", decision.policy().policy().sha256());
        record.put("model", decision.model());
        record.set("guards", Documents.tree(new TreeMap<>(decision.guards())));
        record.put("templateVariant", decision.templateVariant());
        record.put("direction", decision.direction().name().toLowerCase(Locale.ROOT));
        record.put("action", decision.action().wireName());
        record.put("effectiveAction", decision.effective().wireName());
        record.put("latencyMs", decision.latency().toNanos() / 1e6);
        record.put("degraded", decision.isDegraded());
        record.put("redactions", decision.redactions());
        record.put("textChars", decision.textChars());
        record.put("images", decision.images());
        record.put("truncated", decision.isTruncated());
        record.put("guardTokens", decision.guardTokens());
        decision.findings().forEach(finding -> record.withArray("findings").add(finding(finding)));
        record.put("textHmac", serverKey.textHash(tenant, decision.text()));
        excerpt(decision).ifPresent(text -> record.put("excerpt", text));
        return record;
    }

    private static ObjectNode finding(Finding finding) {
        ObjectNode node = Documents.JSON.createObjectNode();
        node.put("scanner", finding.scanner());
        node.put("code", finding.code());
        node.put("source", finding.source().name().toLowerCase(Locale.ROOT));
        node.put("span", finding.span());
        node.put("score", finding.score());
        node.put("threshold", finding.threshold());
        node.put("action", finding.action().wireName());
        node.put("effectiveAction", finding.effective().wireName());
        node.put("detected", finding.isDetected());
        node.put("hash", finding.hash());
        node.put("latencyMs", finding.latencyMillis());
        return node;
    }

    /** Text that the policy asks to be kept, where the tenant has agreed to that: {@code trace.audit} redacted or full. */
    private Optional<String> excerpt(SafetyDecision decision) {
        TenantState tenant =
                directory.snapshot().tenants().get(decision.caller().tenant());
        if (tenant == null || !tenant.tenant().value().keepsText()) {
            return Optional.empty();
        }
        String wanted = auditMode(decision);
        String text =
                wanted.equals("full") ? decision.text() : wanted.equals("redacted") ? decision.redactedText() : "";
        int end = Math.min(text.length(), EXCERPT);
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        text.substring(0, end > 0 && Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end));
    }

    private static String auditMode(SafetyDecision decision) {
        try {
            return Documents.JSON
                    .readTree(decision.policy().policy().json())
                    .path("trace")
                    .path("audit")
                    .asText("hash");
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
