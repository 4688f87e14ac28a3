package dev.herd.media;

import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses that are the file themselves: {@code data:image/png;base64,…}. */
public final class DataUrl {
    private static final String SCHEME = "data:";
    private static final int LONGEST_HEAD = 256;
    private static final Pattern HEAD =
            Pattern.compile("data:([a-z]+/[a-z0-9.+-]+)(?:;[a-z0-9-]+=[^;,\"]*)*;base64,", Pattern.CASE_INSENSITIVE);

    private DataUrl() {}

    /** Whether {@code url} is such an address. */
    public static boolean isOne(String url) {
        return url.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    /**
     * The file.
     *
     * @param maxBytes bytes of the largest file; a larger one is not decoded
     * @throws MediaException if the address is malformed or the file too large
     */
    public static MediaBytes decode(String url, int maxBytes) {
        Matcher head = HEAD.matcher(url).region(0, Math.min(url.length(), LONGEST_HEAD));
        if (!head.lookingAt()) {
            throw MediaException.invalidUrl("A data: address must begin with its media type and ';base64,', for example"
                    + " data:image/png;base64,.");
        }
        int start = head.end();
        long digits = url.length() - (long) start;
        if (digits == 0 || digits % 4 != 0) {
            throw malformed();
        }
        int padding = url.endsWith("==") ? 2 : url.endsWith("=") ? 1 : 0;
        if (digits / 4 * 3 - padding > maxBytes) {
            throw MediaException.tooLarge("The file is larger than " + maxBytes + " bytes.");
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(url.substring(start));
            return new MediaBytes(bytes, Optional.of(head.group(1).toLowerCase(Locale.ROOT)));
        } catch (IllegalArgumentException notBase64) {
            throw malformed();
        }
    }

    private static MediaException malformed() {
        return MediaException.invalidUrl(
                "The data: address is not valid base64 (no line breaks, padded to a multiple of 4).");
    }
}
