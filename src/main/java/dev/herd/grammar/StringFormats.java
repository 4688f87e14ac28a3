package dev.herd.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Formats of strings as patterns. Each describes valid texts only, though not every valid one. */
final class StringFormats {
    private static final String DATE = "[1-9]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))";
    private static final String TIME =
            "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)";
    private static final String COUNT = "\\d{1,4}";
    private static final String CLOCK = "T(?:" + COUNT + "H(?:" + COUNT + "M(?:" + COUNT + "S)?)?|" + COUNT + "M(?:"
            + COUNT + "S)?|" + COUNT + "S)";
    private static final String DAYS = COUNT + "D(?:" + CLOCK + ")?";
    private static final String DURATION = "P(?:" + COUNT + "W|" + COUNT + "Y(?:" + COUNT + "M(?:" + DAYS + ")?)?|"
            + COUNT + "M(?:" + DAYS + ")?|" + DAYS + "|" + CLOCK + ")";
    private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9]{0,30}|[A-Za-z0-9](?:-?[A-Za-z0-9]){0,20})";
    private static final String TOP = "[A-Za-z]{2,12}";
    private static final String HOST = "(?:" + LABEL + "\\.){1,3}" + TOP;
    private static final String EMAIL = "[A-Za-z0-9_+]{1,20}(?:[.-][A-Za-z0-9_+]{1,20}){0,2}@" + HOST;
    private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String HEX = "[0-9A-Fa-f]";
    private static final String SEGMENT = "/[A-Za-z0-9._~-]{0,64}";
    private static final String URI = "https?://" + HOST + "(?::[1-9]\\d{0,3})?(?:" + SEGMENT + "){0,16}"
            + "(?:\\?[A-Za-z0-9._~=&-]{0,128})?(?:#[A-Za-z0-9._~-]{0,64})?";

    private static final Map<String, String> PATTERNS = new TreeMap<>(Map.of(
            "date", DATE,
            "time", TIME,
            "date-time", DATE + "T" + TIME,
            "duration", DURATION,
            "email", EMAIL,
            "hostname", HOST,
            "ipv4", "(?:" + BYTE + "\\.){3}" + BYTE,
            "ipv6", ipv6(),
            "uri", URI,
            "uuid", HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{12}"));

    private StringFormats() {}

    /** The texts of a format. */
    static Optional<Node> find(String format) {
        return Optional.ofNullable(PATTERNS.get(format)).map(RegexParser::whole);
    }

    /** The formats that are known. */
    static Iterable<String> names() {
        return PATTERNS.keySet();
    }

    /** Eight groups, or two colons for at least two groups of zeros. */
    private static String ipv6() {
        String group = HEX + "{1,4}";
        return "(?:" + group + ":){7}" + group + "|"
                + IntStream.rangeClosed(0, 6)
                        .mapToObj(before -> before == 0
                                ? "::(?:(?:" + group + ":){0,5}" + group + ")?"
                                : "(?:" + group + ":){" + before + "}:" + after(group, 6 - before))
                        .collect(Collectors.joining("|"));
    }

    /** Up to {@code most} groups. */
    private static String after(String group, int most) {
        return most == 0 ? "" : "(?:(?:" + group + ":){0," + (most - 1) + "}" + group + ")?";
    }
}
