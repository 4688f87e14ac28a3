package dev.herd.safety;

import java.util.List;

/**
 * What a guard looks for.
 *
 * @param code {@code S1} to {@code S14} are Llama Guard's own, {@code S15} to {@code S34} a tenant's, and from
 *     {@code S35} on its denied topics
 * @param description empty for categories that guards know by name
 */
public record GuardCategory(String code, String name, String description) {
    /** Llama Guard's own, in order. */
    public static final List<GuardCategory> BUILT_IN = PolicySchema.CATEGORIES.entrySet().stream()
            .map(category -> new GuardCategory(category.getKey(), category.getValue(), ""))
            .toList();
}
