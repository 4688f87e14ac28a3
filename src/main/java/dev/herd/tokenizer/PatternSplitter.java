package dev.herd.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** A checkpoint's own split expression: each match is a piece, and so is what lies between two matches. */
final class PatternSplitter implements Splitter {
    /** What {@code ByteLevel} splits by when no {@code Split} precedes it. */
    static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final String UNCHANGED = "pPrntux\\/|()[]{}.*+?^$-'\" #&!%,:;<=>@_`~";

    private final Pattern pattern;

    /** Takes an expression in the dialect of {@code tokenizer.json}; {@code draft} makes the errors. */
    PatternSplitter(VocabularyDraft draft, String expression) {
        try {
            this.pattern = Pattern.compile(translate(draft, expression));
        } catch (PatternSyntaxException e) {
            throw draft.error("the pre-tokenizer's expression is not understood: " + e.getDescription(), e);
        }
    }

    @Override
    public int pieceEnd(String text, int start, int limit) {
        try {
            Matcher matcher = pattern.matcher(text).region(start, limit);
            while (matcher.find()) {
                if (matcher.end() > matcher.start()) {
                    return matcher.start() > start ? matcher.start() : matcher.end();
                }
            }
            return limit;
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("The text is too long for this tokenizer's split expression.", e);
        }
    }

    /** Java's {@code \s} and {@code \d} are ASCII and its {@code (?i)} too, unlike those of the dialect. */
    private static String translate(VocabularyDraft draft, String expression) {
        if (expression.contains("&&") || expression.contains("[[")) {
            throw draft.error(
                    "the pre-tokenizer's expression uses class operations, which are not supported: " + expression);
        }
        var translated = new StringBuilder();
        int at = 0;
        while (at < expression.length()) {
            boolean isEscape = expression.charAt(at) == '\\' && at + 1 < expression.length();
            if (isEscape) {
                translated.append(translateEscape(draft, expression.charAt(at + 1)));
            } else {
                translated.append(expression.charAt(at));
            }
            at += isEscape ? 2 : 1;
        }
        return translated.toString().replace("(?i:", "(?iu:").replace("(?i)", "(?iu)");
    }

    private static String translateEscape(VocabularyDraft draft, char escaped) {
        return switch (escaped) {
            case 's' -> "\\p{IsWhite_Space}";
            case 'S' -> "\\P{IsWhite_Space}";
            case 'd' -> "\\p{Nd}";
            case 'D' -> "\\P{Nd}";
            default -> {
                if (UNCHANGED.indexOf(escaped) < 0) {
                    throw draft.error("the pre-tokenizer's expression uses \\" + escaped + ", which is not supported");
                }
                yield "\\" + escaped;
            }
        };
    }
}
