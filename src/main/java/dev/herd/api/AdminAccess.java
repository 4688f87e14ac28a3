package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.tenant.Expected;
import dev.herd.tenant.Identity;
import dev.herd.tenant.Scope;
import dev.herd.tenant.Tenancy;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who may do what in {@code /admin/v1}, and what the preconditions of its requests mean. */
@Singleton
final class AdminAccess {
    private final TenancySource tenancy;
    private final Access access;

    AdminAccess(TenancySource tenancy, Access access) {
        this.tenancy = tenancy;
        this.access = access;
    }

    /** The tenants. */
    Tenancy tenancy() {
        return tenancy.current().orElseThrow(() -> ErrorMappers.rejection(404));
    }

    /** Who asks. */
    Identity caller() {
        return access.current();
    }

    /**
     * The operator.
     *
     * @throws ApiException 403 if it is somebody else
     */
    Identity operator() {
        Identity caller = access.current();
        if (!caller.isOperator()) {
            throw ApiException.forbidden("This takes a key of the operator's.");
        }
        return caller;
    }

    /**
     * Somebody who may do what {@code scope} is for with this tenant.
     *
     * @throws ApiException 404 if the tenant is another one, as if there were none; 403 if the key is not for this
     */
    Identity of(String tenant, Scope scope) {
        Identity caller = access.current();
        boolean isOwn = caller.tenant().map(own -> own.id().equals(tenant)).orElse(false);
        if (!caller.isOperator() && !isOwn) {
            throw ApiException.invalidRequest(404, "There is no tenant '" + tenant + "'.", null, "not_found");
        }
        if (!caller.may(scope)) {
            throw ApiException.forbidden("This takes a key with the scope '" + scope.wireName() + "'.");
        }
        return caller;
    }

    /**
     * What a change to something that exists demands of it.
     *
     * @throws ApiException 428 if it demands nothing
     */
    static Expected ifMatch(@Nullable String header) {
        if (header == null) {
            throw ApiException.invalidRequest(
                    428, "Send the ETag that the change is based on as If-Match.", null, "precondition_required");
        }
        return header.strip().equals("*") ? new Expected.Present() : new Expected.Tagged(tag(header));
    }

    /** The same for what may be new: {@code If-None-Match: *} says that it is. */
    static Expected ifMatchOrNew(@Nullable String ifMatch, @Nullable String ifNoneMatch) {
        if (ifMatch == null && ifNoneMatch != null && ifNoneMatch.strip().equals("*")) {
            return new Expected.Absent();
        }
        return ifMatch(ifMatch);
    }

    private static String tag(String header) {
        String tag = header.strip();
        return tag.length() > 1 && tag.startsWith("\"") && tag.endsWith("\"")
                ? tag.substring(1, tag.length() - 1)
                : tag;
    }

    /** A tag as a header. */
    static String etag(String tag) {
        return "\"" + tag + "\"";
    }

    /** Whether a client has what it would get. */
    static boolean isKnown(@Nullable String ifNoneMatch, String tag) {
        return Optional.ofNullable(ifNoneMatch)
                .map(header -> tag(header).equals(tag))
                .orElse(false);
    }
}
