package dev.herd.tenant;

import java.util.Optional;

/** What a document must be like to be changed. */
public sealed interface Expected {
    /** It does not exist yet. */
    record Absent() implements Expected {}

    /** It is whatever it is, but it exists. */
    record Present() implements Expected {}

    /** It has not changed since somebody has read it with this tag. */
    record Tagged(String etag) implements Expected {}

    /** Anything, and nothing. */
    record Anything() implements Expected {}

    /** Whether a document of this tag, or none, is what is expected. */
    default boolean isMetBy(Optional<String> etag) {
        return switch (this) {
            case Absent absent -> etag.isEmpty();
            case Present present -> etag.isPresent();
            case Tagged(String wanted) -> etag.isPresent() && etag.get().equals(wanted);
            case Anything anything -> true;
        };
    }
}
