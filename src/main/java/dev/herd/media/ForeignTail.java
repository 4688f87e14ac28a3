package dev.herd.media;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What lies behind the end of a picture. Cameras append previews and maker's data, so a tail as such is harmless and
 * dropped; a file that is something else as well is refused.
 */
final class ForeignTail {
    /** How other kinds of files begin, in lower case. */
    private static final List<String> SIGNATURES = List.of(
            "pk\u0003\u0004",
            "pk\u0005\u0006",
            "%pdf-",
            "rar!\u001a",
            "7z\u00bc\u00af",
            "\u007felf",
            "<!doctype",
            "<html",
            "<svg",
            "<script",
            "<?php");

    private ForeignTail() {}

    /** Throws if another file lies in {@code file} from {@code end} on. */
    static void refuse(byte[] file, int end, String kind) {
        String tail = new String(file, end, file.length - end, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        Optional<String> found = SIGNATURES.stream().filter(tail::contains).findFirst();
        if (found.isPresent()) {
            throw MediaException.invalidFormat(
                    "The " + kind + " file has a file of another kind behind its end; send the picture alone.");
        }
    }
}
