package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.herd.tenant.AuditChain;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What an audit log looks like.
 *
 * @param whole whether nothing is wrong
 * @param records how many there are
 * @param first number of the first; after deletions by age it is not 1
 * @param lastHash hash of the last, to be noted elsewhere: it tells later whether the end was cut off
 * @param brokenAt number of the record at which the chain is broken
 * @param complaint what is wrong there
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "AuditVerdict",
        requiredProperties = {"whole", "records", "first", "lastHash"})
public record AuditBody(
        boolean whole,
        long records,
        long first,
        String lastHash,
        @Nullable Long brokenAt,
        @Nullable String complaint) {
    /** What {@code verdict} says. */
    public static AuditBody of(AuditChain.Verdict verdict) {
        return new AuditBody(
                verdict.isWhole(),
                verdict.records(),
                verdict.first(),
                verdict.lastHash(),
                verdict.brokenAt(),
                verdict.complaint());
    }
}
