package dev.herd.guard;

import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Llama Guard wrote.
 *
 * @param isUnsafe its verdict
 * @param codes the categories that it named, in order, each once
 * @param isOdd whether it named categories although all is safe
 */
record Verdict(boolean isUnsafe, List<String> codes, boolean isOdd) {
    private static final Pattern CODE = Pattern.compile("\\bS([1-9][0-9]?)\\b", Pattern.CASE_INSENSITIVE);

    Verdict {
        codes = List.copyOf(codes);
    }

    /**
     * Reads an answer: blank lines before the verdict, letter case, spaces and a missing list of categories do not matter.
     *
     * @throws GuardException UNPARSEABLE if the first line is no verdict
     */
    static Verdict parse(String answer) throws GuardException {
        List<String> lines = answer.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        String first = lines.isEmpty() ? "" : lines.getFirst().toLowerCase(Locale.ROOT);
        if (!first.equals("safe") && !first.equals("unsafe")) {
            throw new GuardException(Status.UNPARSEABLE, "the guard's answer does not begin with safe or unsafe");
        }
        List<String> codes = codes(lines.subList(1, lines.size()));
        boolean isUnsafe = first.equals("unsafe");
        return isUnsafe ? new Verdict(true, codes, false) : new Verdict(false, List.of(), !codes.isEmpty());
    }

    /** An unsafe verdict, behind which the model wrote {@code rest}. */
    static Verdict unsafe(String rest) {
        return new Verdict(true, codes(List.of(rest)), false);
    }

    private static List<String> codes(List<String> lines) {
        List<String> codes = new ArrayList<>();
        Matcher matcher = CODE.matcher(String.join("\n", lines));
        while (matcher.find()) {
            String code = "S" + matcher.group(1);
            if (!codes.contains(code)) {
                codes.add(code);
            }
        }
        return codes;
    }
}
