package dev.herd.safety;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Texts that are hidden in another: in tag characters, Base64, hexadecimal digits, percent signs, or rotated by 13
 * letters; one level within another is found, too. What is found is judged, and never put in the place of the original.
 */
final class Payloads {
    private static final int SHORTEST = 16;
    private static final int MOST_BYTES = 64 * 1024;
    private static final int MOST_PAYLOADS = 64;
    private static final double PRINTABLE = 0.9;
    private static final Run ENCODED = new Run("+/_-", SHORTEST, 2);
    private static final Run ESCAPED = new Run("._~+%-", 9, 0);
    private static final int FEWEST_ESCAPES = 3;
    private static final int ASCII = 128;
    private static final char FIRST_OF_TAGS = '\udb40'; // with which all of them begin in UTF-16

    private Payloads() {}

    /**
     * A text that was hidden.
     *
     * @param start where in the original its hiding place begins
     * @param end the character behind it
     */
    record Payload(String kind, String text, int start, int end) {}

    /**
     * Letters, digits and some signs in a row, at least {@code least} of them, with up to {@code mostPadding} equals
     * signs behind.
     */
    private record Run(boolean[] symbols, int least, int mostPadding) {
        Run(String signs, int least, int mostPadding) {
            this(new boolean[ASCII], least, mostPadding);
            for (int symbol = 0; symbol < ASCII; symbol++) {
                symbols[symbol] = (Folding.isWord(symbol) && symbol != '_') || signs.indexOf(symbol) >= 0;
            }
        }

        /** Where the row ends that holds the character at {@code start}; {@code start} if none does. */
        int end(String text, int start) {
            int at = start;
            while (at < text.length() && text.charAt(at) < ASCII && symbols[text.charAt(at)]) {
                at++;
            }
            return at;
        }

        int padded(String text, int end) {
            int at = end;
            while (at < text.length() && at - end < mostPadding && text.charAt(at) == '=') {
                at++;
            }
            return at;
        }
    }

    /** What is hidden in a text. */
    static List<Payload> find(String text) {
        List<Payload> found = new ArrayList<>();
        tags(text).ifPresent(found::add);
        addRuns(text, found, 0, text.length(), 0);
        if (hasManyLetters(text)) {
            found.add(new Payload("rot13", rotated(text), 0, text.length()));
        }
        return found;
    }

    private static void addRuns(String text, List<Payload> found, int start, int end, int depth) {
        addRuns(ENCODED, text, found, start, end, depth);
        addRuns(ESCAPED, text, found, start, end, depth);
    }

    private static void addRuns(Run run, String text, List<Payload> found, int start, int end, int depth) {
        for (int from = 0; from < text.length() && found.size() < MOST_PAYLOADS; from++) {
            int to = run.end(text, from);
            if (to - from >= run.least()) {
                to = run.padded(text, to);
                int first = depth == 0 ? from : start;
                int last = depth == 0 ? to : end;
                decode(text.substring(from, to)).ifPresent(bytes -> {
                    found.add(new Payload(bytes.kind(), bytes.text(), first, last));
                    if (depth == 0) {
                        addRuns(bytes.text(), found, first, last, 1);
                    }
                });
            }
            from = Math.max(from, to - 1);
        }
    }

    private static Optional<Payload> decode(String encoded) {
        if (encoded.length() > 2 * MOST_BYTES) {
            return Optional.empty();
        }
        if (encoded.indexOf('%') >= 0) {
            return hasEscapes(encoded) ? readable("url", percent(encoded)) : Optional.empty();
        }
        if (encoded.length() % 2 == 0 && encoded.chars().allMatch(symbol -> Character.digit(symbol, 16) >= 0)) {
            return readable("hex", java.util.HexFormat.of().parseHex(encoded));
        }
        String standard = encoded.replace('-', '+').replace('_', '/').replace("=", "");
        boolean isMalformed = standard.length() % 4 == 1 || standard.indexOf('.') >= 0 || standard.indexOf('~') >= 0;
        return isMalformed
                ? Optional.empty()
                : readable("base64", Base64.getDecoder().decode(standard));
    }

    private static boolean hasEscapes(String encoded) {
        int escapes = 0;
        for (int at = encoded.indexOf('%'); at >= 0; at = encoded.indexOf('%', at + 1)) {
            boolean isEscape = at + 2 < encoded.length()
                    && Character.digit(encoded.charAt(at + 1), 16) >= 0
                    && Character.digit(encoded.charAt(at + 2), 16) >= 0;
            escapes += isEscape ? 1 : 0;
        }
        return escapes >= FEWEST_ESCAPES;
    }

    private static byte[] percent(String encoded) {
        ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char symbol = encoded.charAt(i);
            int high = symbol == '%' && i + 2 < encoded.length() ? Character.digit(encoded.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(encoded.charAt(i + 2), 16);
            if (low >= 0) {
                bytes.put((byte) (high * 16 + low));
                i += 2;
            } else {
                bytes.put((byte) (symbol == '+' ? ' ' : symbol));
            }
        }
        byte[] exact = new byte[bytes.position()];
        bytes.flip().get(exact);
        return exact;
    }

    private static Optional<Payload> readable(String kind, byte[] bytes) {
        if (bytes.length < SHORTEST / 2 || bytes.length > MOST_BYTES) {
            return Optional.empty();
        }
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        if (decoder.decode(ByteBuffer.wrap(bytes), text, true).isError()) {
            return Optional.empty(); // binary
        }
        text.flip();
        long printable = text.chars()
                .filter(symbol -> !Character.isISOControl(symbol) || Character.isWhitespace(symbol))
                .count();
        return printable >= PRINTABLE * text.length()
                ? Optional.of(new Payload(kind, text.toString(), 0, 0))
                : Optional.empty();
    }

    private static Optional<Payload> tags(String text) {
        StringBuilder hidden = new StringBuilder();
        int start = -1;
        int end = 0;
        int first = text.indexOf(FIRST_OF_TAGS);
        for (int at = first < 0 ? text.length() : first; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            if (Folding.isTag(codePoint) && codePoint < 0xe007f && codePoint >= 0xe0020) {
                start = start < 0 ? at : start;
                end = at + 2;
                hidden.append((char) (codePoint - 0xe0000));
            }
            at += Character.charCount(codePoint);
        }
        return start < 0 ? Optional.empty() : Optional.of(new Payload("tags", hidden.toString(), start, end));
    }

    private static boolean hasManyLetters(String text) {
        return text.length() >= SHORTEST
                && text.length() <= MOST_BYTES
                && text.chars().anyMatch(Character::isLetter);
    }

    private static String rotated(String text) {
        char[] rotated = text.toCharArray();
        for (int i = 0; i < rotated.length; i++) {
            char symbol = rotated[i];
            if (symbol >= 'a' && symbol <= 'z') {
                rotated[i] = (char) ((symbol - 'a' + 13) % 26 + 'a');
            } else if (symbol >= 'A' && symbol <= 'Z') {
                rotated[i] = (char) ((symbol - 'A' + 13) % 26 + 'A');
            }
        }
        return new String(rotated);
    }
}
