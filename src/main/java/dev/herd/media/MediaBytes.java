package dev.herd.media;

import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A file as it came.
 *
 * @param bytes the file; not copied, not to be changed any more
 * @param mediaType what its sender says it is, in lower case and without parameters
 */
public record MediaBytes(byte[] bytes, Optional<String> mediaType) {
    /** What senders say who do not know. */
    private static final Set<String> ANYTHING = Set.of("application/octet-stream", "binary/octet-stream");

    /** A file of which nobody says what it is. */
    public static MediaBytes untyped(byte[] bytes) {
        return new MediaBytes(bytes, Optional.empty());
    }

    /** Throws if the sender says that the file is another kind than it is. */
    void requireType(String family, Predicate<String> isRight, String actual) {
        if (mediaType.isEmpty() || ANYTHING.contains(mediaType.get())) {
            return;
        }
        String claimed = mediaType.get();
        if (!claimed.startsWith(family + "/") || !isRight.test(claimed)) {
            throw MediaException.invalidFormat(
                    "The media type says " + shown(claimed) + ", but the file is " + actual + ".");
        }
    }

    private static String shown(String claimed) {
        return claimed.matches("[a-z0-9.+/-]{1,60}") ? claimed : "something else";
    }
}
