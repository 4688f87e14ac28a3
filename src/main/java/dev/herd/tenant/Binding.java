package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says which policy binds which requests of a tenant.
 *
 * @param scope kind of what is bound
 * @param target id of the key, name of the model or path of the route; empty for the whole tenant
 * @param policy id of the policy
 * @param version number of its version, or {@code latest}
 * @param canaryPercent share of the requests that it binds, chosen by lot; null for all
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Binding(
        Scope scope,
        @Nullable String target,
        String policy,
        String version,
        @Nullable Integer canaryPercent) {
    /** Stands for the newest version that is not retired. */
    public static final String LATEST = "latest";

    /** What can be bound, from the most specific on: the first that applies decides. */
    public enum Scope {
        /** A key. */
        API_KEY("apiKey"),
        /** A path, for example {@code /v1/completions}. */
        ROUTE("route"),
        /** A model. */
        MODEL("model"),
        /** Everything. */
        TENANT("tenant");

        private final String wireName;

        Scope(String wireName) {
            this.wireName = wireName;
        }

        /** As bindings spell it. */
        @JsonValue
        public String wireName() {
            return wireName;
        }

        /** The scope of this name. */
        @JsonCreator
        public static Scope of(String name) {
            for (Scope scope : values()) {
                if (scope.wireName.equals(name) || scope.name().equals(name.toUpperCase(Locale.ROOT))) {
                    return scope;
                }
            }
            throw new IllegalArgumentException("'" + name + "' is none of tenant, apiKey, model, route");
        }
    }

    /** Whether it is about a request of this key, model and route. */
    boolean applies(String key, String model, String route) {
        return switch (scope) {
            case API_KEY -> key.equals(target);
            case ROUTE -> route.equals(target);
            case MODEL -> model.equals(target);
            case TENANT -> true;
        };
    }

    /** Whether it binds the request that has drawn this lot, which is about what it applies to. */
    boolean catches(String lot) {
        return canaryPercent == null
                || Integer.remainderUnsigned(Documents.sha256(lot).hashCode(), 100) < canaryPercent;
    }

    /** All bindings of a tenant; replaced as a whole. */
    public record Table(List<Binding> bindings) {
        /** Nothing is bound. */
        public static final Table EMPTY = new Table(List.of());

        public Table {
            bindings = List.copyOf(bindings);
        }
    }
}
