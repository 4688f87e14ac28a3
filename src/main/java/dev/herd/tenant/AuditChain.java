package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * The chain of a tenant's audit records, at its end so far.
 *
 * <p>A line is a JSON object whose last member is {@code hash}: SHA-256, in hexadecimal, of the line as it is without this
 * member, which contains the hash of the line before as {@code prevHash}. So nothing can be changed, taken out, put in or
 * moved without breaking the chain, except at its end; what was exported before tells that.
 *
 * @param seq number of the last record; 0 if there is none
 * @param hash its hash
 */
public record AuditChain(long seq, String hash) {
    /** The chain without a record. */
    static final AuditChain START = new AuditChain(0, "0".repeat(64));

    private static final String HASH_MEMBER = ",\"hash\":\"";

    /** A record as the next line, without a line break. */
    String line(ObjectNode record) {
        ObjectNode numbered = Documents.JSON.createObjectNode();
        numbered.put("seq", seq + 1);
        numbered.setAll(record);
        numbered.put("prevHash", hash);
        String body = numbered.toString();
        return body.substring(0, body.length() - 1) + HASH_MEMBER + Documents.sha256(body) + "\"}";
    }

    /** The chain after {@code line}, which {@link #line} has made. */
    AuditChain after(String line) {
        int at = line.lastIndexOf(HASH_MEMBER);
        return new AuditChain(seq + 1, line.substring(at + HASH_MEMBER.length(), line.length() - 2));
    }

    /** What is wrong with {@code line} as the next one; empty if nothing is. */
    String complaint(String line) {
        int at = line.lastIndexOf(HASH_MEMBER);
        if (at < 0 || line.length() != at + HASH_MEMBER.length() + 66 || !line.endsWith("\"}")) {
            return "is no record";
        }
        if (!Documents.sha256(line.substring(0, at) + "}").equals(after(line).hash())) {
            return "does not have the hash that it states";
        }
        try {
            JsonNode record = Documents.JSON.readTree(line);
            if (!record.path("prevHash").asText().equals(hash)) {
                return "does not follow the record before it";
            }
            return record.path("seq").asLong() == seq + 1 ? "" : "has the wrong number";
        } catch (JsonProcessingException malformed) {
            return "is no JSON";
        }
    }

    /**
     * The chain whose last line is {@code line}.
     *
     * @throws StoreException if it is not a line of the log
     */
    static AuditChain endingWith(String line) {
        try {
            JsonNode record = Documents.JSON.readTree(line);
            if (record.path("seq").isIntegralNumber() && record.path("hash").isTextual()) {
                return new AuditChain(
                        record.path("seq").asLong(), record.path("hash").asText());
            }
            throw new StoreException(StoreException.Reason.UNAVAILABLE, "the end of the audit log is no record");
        } catch (JsonProcessingException malformed) {
            throw new StoreException("the end of the audit log is no record", malformed);
        }
    }

    /**
     * What a chain looks like.
     *
     * @param records how many there are
     * @param first number of the first; after deletions by age it is not 1
     * @param lastHash hash of the last, to be compared with what was noted elsewhere
     * @param brokenAt number of the record at which the chain is broken; null if it is whole
     * @param complaint what is wrong there
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Verdict(
            long records,
            long first,
            String lastHash,
            @Nullable Long brokenAt,
            @Nullable String complaint) {
        /** Whether nothing is wrong. */
        public boolean isWhole() {
            return brokenAt == null;
        }
    }

    /**
     * Follows a chain from a checkpoint. Records before it are what a crash has kept from being deleted; they must lead to it.
     */
    static final class Walk implements AuditLog.LineReader {
        private final AuditChain checkpoint;
        private AuditChain chain;
        private @Nullable AuditChain leftover;
        private long records;
        private @Nullable String complaint;

        Walk(AuditChain checkpoint) {
            this.checkpoint = checkpoint;
            this.chain = checkpoint;
        }

        @Override
        public boolean accept(String line) {
            if (records == 0 && isLeftover(line)) {
                AuditChain before = leftover == null ? before(line) : leftover;
                complaint = before.complaint(line);
                leftover = complaint.isEmpty() ? before.after(line) : before;
            } else {
                complaint = unconnected();
                complaint = complaint.isEmpty() ? chain.complaint(line) : complaint;
                if (complaint.isEmpty()) {
                    chain = chain.after(line);
                    records++;
                }
            }
            return complaint.isEmpty();
        }

        private boolean isLeftover(String line) {
            try {
                long number = Documents.JSON.readTree(line).path("seq").asLong();
                return number > 0 && number <= checkpoint.seq();
            } catch (JsonProcessingException malformed) {
                return false;
            }
        }

        private static AuditChain before(String line) {
            try {
                JsonNode record = Documents.JSON.readTree(line);
                return new AuditChain(
                        record.path("seq").asLong() - 1, record.path("prevHash").asText());
            } catch (JsonProcessingException malformed) {
                return START;
            }
        }

        private String unconnected() {
            return records > 0 || leftover == null || leftover.equals(checkpoint)
                    ? ""
                    : "lies before the checkpoint and does not lead to it";
        }

        Verdict verdict() {
            String wrong = complaint == null || complaint.isEmpty() ? unconnected() : complaint;
            AuditChain at = records == 0 && leftover != null && !leftover.equals(checkpoint) ? leftover : chain;
            return new Verdict(
                    records,
                    checkpoint.seq() + 1,
                    chain.hash(),
                    wrong.isEmpty() ? null : at.seq() + 1,
                    wrong.isEmpty() ? null : wrong);
        }
    }
}
