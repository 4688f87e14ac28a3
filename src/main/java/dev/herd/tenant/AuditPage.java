package dev.herd.tenant;

import java.util.OptionalLong;

/**
 * A part of an export.
 *
 * @param text the records, a line each
 * @param next number after which the next part begins; empty if there is none
 */
public record AuditPage(String text, OptionalLong next) {
    /** The first {@code limit} records of {@code tenant} after the one numbered {@code after} that {@code query} wants. */
    public static AuditPage read(AuditLog log, String tenant, AuditQuery query, long after, int limit) {
        StringBuilder text = new StringBuilder();
        long[] last = {after, 0}; // number of the last record, how many there are
        boolean[] hasMore = {false};
        log.read(tenant, after, line -> {
            if (query.matches(line)) {
                if (last[1] == limit) {
                    hasMore[0] = true;
                    return false;
                }
                text.append(line).append('\n');
                last[0] = AuditChain.endingWith(line).seq();
                last[1]++;
            }
            return true;
        });
        return new AuditPage(text.toString(), hasMore[0] ? OptionalLong.of(last[0]) : OptionalLong.empty());
    }
}
