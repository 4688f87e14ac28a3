package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a key or token may be used for. */
public enum Scope {
    /** Completions, responses, tokens, models. */
    INFER,
    /** Moderations. */
    MODERATE,
    /** Reading policies and bindings, and trying policies out. */
    POLICY_READ,
    /** Changing policies and bindings. */
    POLICY_WRITE,
    /** Reading the audit log. */
    AUDIT_READ,
    /** Everything about the own tenant; with a key of the operator, everything. */
    ADMIN;

    /** As keys and tokens spell it. */
    @JsonValue
    public String wireName() {
        return name().toLowerCase(Locale.ROOT).replace('_', ':');
    }

    /**
     * The scope of this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    @JsonCreator
    public static Scope of(String name) {
        return Arrays.stream(values())
                .filter(scope -> scope.wireName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + name + "' is none of "
                        + Arrays.stream(values()).map(Scope::wireName).collect(Collectors.joining(", "))));
    }
}
