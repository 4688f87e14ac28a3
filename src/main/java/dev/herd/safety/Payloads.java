package dev.herd.safety;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Texts that are hidden in another: in tag characters, Base64, hexadecimal digits, percent signs, or rotated by 13
 * letters; one level within another is found, too. What is found is judged, and never put in the place of the original.
 */
final class Payloads {
    private static final int SHORTEST = 16;
    private static final int MOST_BYTES = 64 * 1024;
    private static final int MOST_PAYLOADS = 64;
    private static final double PRINTABLE = 0.9;
    private static final Pattern RUN = Pattern.compile("[A-Za-z0-9+/_-]{16,}={0,2}");
    private static final Pattern PERCENT = Pattern.compile("[A-Za-z0-9._~+%-]{9,}");
    private static final Pattern ESCAPE = Pattern.compile("%[0-9A-Fa-f]{2}");
    private static final int FEWEST_ESCAPES = 3;

    private Payloads() {}

    /**
     * A text that was hidden.
     *
     * @param start where in the original its hiding place begins
     * @param end the character behind it
     */
    record Payload(String kind, String text, int start, int end) {}

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
        addMatches(RUN, text, found, start, end, depth);
        addMatches(PERCENT, text, found, start, end, depth);
    }

    private static void addMatches(Pattern pattern, String text, List<Payload> found, int start, int end, int depth) {
        Matcher run = pattern.matcher(text);
        while (found.size() < MOST_PAYLOADS && run.find()) {
            String encoded = run.group();
            Optional<Payload> payload = decode(encoded)
                    .map(bytes -> new Payload(
                            bytes.kind(),
                            bytes.text(),
                            depth == 0 ? run.start() : start,
                            depth == 0 ? run.end() : end));
            if (payload.isPresent()) {
                found.add(payload.get());
                if (depth == 0) {
                    addRuns(payload.get().text(), found, run.start(), run.end(), 1);
                }
            }
        }
    }

    private static Optional<Payload> decode(String encoded) {
        if (encoded.length() > 2 * MOST_BYTES) {
            return Optional.empty();
        }
        if (encoded.indexOf('%') >= 0) {
            boolean isEscaped =
                    ESCAPE.matcher(encoded).results().limit(FEWEST_ESCAPES).count() == FEWEST_ESCAPES;
            return isEscaped ? readable("url", percent(encoded)) : Optional.empty();
        }
        if (encoded.length() % 2 == 0 && encoded.chars().allMatch(symbol -> Character.digit(symbol, 16) >= 0)) {
            return readable("hex", java.util.HexFormat.of().parseHex(encoded));
        }
        try {
            String standard = encoded.replace('-', '+').replace('_', '/').replace("=", "");
            return standard.length() % 4 == 1
                    ? Optional.empty()
                    : readable("base64", Base64.getDecoder().decode(standard));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
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
        try {
            CharBuffer text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
            long printable = text.chars()
                    .filter(symbol -> !Character.isISOControl(symbol) || Character.isWhitespace(symbol))
                    .count();
            return printable >= PRINTABLE * text.length()
                    ? Optional.of(new Payload(kind, text.toString(), 0, 0))
                    : Optional.empty();
        } catch (CharacterCodingException binary) {
            return Optional.empty();
        }
    }

    private static Optional<Payload> tags(String text) {
        StringBuilder hidden = new StringBuilder();
        int start = -1;
        int end = 0;
        for (int at = 0; at < text.length(); ) {
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
        StringBuilder rotated = new StringBuilder(text);
        for (int i = 0; i < rotated.length(); i++) {
            char symbol = rotated.charAt(i);
            if (symbol >= 'a' && symbol <= 'z') {
                rotated.setCharAt(i, (char) ((symbol - 'a' + 13) % 26 + 'a'));
            } else if (symbol >= 'A' && symbol <= 'Z') {
                rotated.setCharAt(i, (char) ((symbol - 'A' + 13) % 26 + 'A'));
            }
        }
        return rotated.toString();
    }
}
