package dev.herd.api;

import java.util.UUID;

/** Names for what clients may ask for again. */
final class Ids {
    private Ids() {}

    /** A name that no other thing has. */
    static String make(String prefix) {
        return prefix + UUID.randomUUID().toString().replace("-", "");
    }
}
