package dev.herd.chat;

/** What the filters of a chat template do to a string, as Python does it. */
public final class TemplateText {
    private TemplateText() {}

    /** {@code text} without white space at both ends (Jinja's {@code trim}). */
    public static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    /** {@code text} as a quoted JSON string (Jinja's {@code tojson} in Hugging Face's setting: non-ASCII stays). */
    static String json(String text) {
        var quoted = new StringBuilder(text.length() + 16).append('"');
        for (int at = 0; at < text.length(); at++) {
            char unit = text.charAt(at);
            switch (unit) {
                case '"', '\\' -> quoted.append('\\').append(unit);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\b' -> quoted.append("\\b");
                case '\f' -> quoted.append("\\f");
                default -> {
                    if (unit < ' ') {
                        quoted.append("\\u%04x".formatted((int) unit));
                    } else {
                        quoted.append(unit);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    /** Python's {@code str.isspace}: Unicode's White_Space and the four separators of ASCII. */
    private static boolean isSpace(char unit) {
        return Character.isSpaceChar(unit)
                || (unit >= 0x09 && unit <= 0x0d)
                || (unit >= 0x1c && unit <= 0x1f)
                || unit == 0x85;
    }
}
