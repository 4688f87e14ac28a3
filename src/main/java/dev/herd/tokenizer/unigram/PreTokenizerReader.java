package dev.herd.tokenizer.unigram;

import static dev.herd.tokenizer.unigram.UnigramReader.error;

import dev.herd.tokenizer.unigram.JsonValues.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code pre_tokenizer} of a {@code tokenizer.json}; one that is not known is refused by name. */
final class PreTokenizerReader {
    private static final Pattern SPACE = Pattern.compile("[\\p{IsWhite_Space}]");
    private static final Pattern WORD = Pattern.compile(
            "[\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}]+|[^\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{IsWhite_Space}]+");
    private static final Pattern PUNCTUATION = Pattern.compile("[\\p{P}$+<=>^`|~]");
    private static final Pattern DIGIT = Pattern.compile("\\p{N}");
    private static final Pattern DIGITS = Pattern.compile("\\p{N}+");

    private final List<SplitStep> steps = new ArrayList<>();

    private PreTokenizerReader() {}

    static List<SplitStep> read(Fields fields) {
        PreTokenizerReader reader = new PreTokenizerReader();
        reader.visit(fields);
        return reader.steps;
    }

    private void visit(Fields fields) {
        String type = fields.text("type");
        switch (type) {
            case "Sequence" -> fields.objects("pretokenizers").forEach(this::visit);
            case "Metaspace" -> steps.add(metaspace(fields));
            case "WhitespaceSplit" -> steps.add(piece -> split(piece, SPACE, Behavior.REMOVED));
            case "Whitespace" -> steps.add(PreTokenizerReader::words);
            case "Punctuation" -> {
                Behavior behavior = behavior(fields, "Isolated");
                steps.add(piece -> split(piece, PUNCTUATION, behavior));
            }
            case "Digits" -> {
                Pattern digits = fields.flag("individual_digits") ? DIGIT : DIGITS;
                steps.add(piece -> split(piece, digits, Behavior.ISOLATED));
            }
            case "Split" -> {
                if (fields.flag("invert")) {
                    throw error("pre_tokenizer", "has a Split with invert, which is not supported");
                }
                Pattern pattern = UnigramReader.pattern("pre_tokenizer", fields.object("pattern"));
                Behavior behavior = behavior(fields, "");
                steps.add(piece -> split(piece, pattern, behavior));
            }
            default -> throw error("pre_tokenizer", "is '" + type + "', which is not supported");
        }
    }

    /** What becomes of a match. */
    private enum Behavior {
        REMOVED,
        ISOLATED,
        MERGED_WITH_NEXT,
        MERGED_WITH_PREVIOUS
    }

    private static Behavior behavior(Fields fields, String fallback) {
        String name = fields.find("behavior").orElse(fallback);
        return switch (name) {
            case "Removed" -> Behavior.REMOVED;
            case "Isolated" -> Behavior.ISOLATED;
            case "MergedWithNext" -> Behavior.MERGED_WITH_NEXT;
            case "MergedWithPrevious" -> Behavior.MERGED_WITH_PREVIOUS;
            default -> throw error("pre_tokenizer", "has the behavior '" + name + "', which is not supported");
        };
    }

    private static SplitStep metaspace(Fields fields) {
        String replacement = fields.find("replacement").orElse("▁");
        String scheme = fields.find("prepend_scheme")
                .orElse(fields.has("add_prefix_space") && !fields.flag("add_prefix_space") ? "never" : "always");
        boolean isSplit = !fields.has("split") || fields.flag("split");
        Pattern space = Pattern.compile(" ");
        Pattern mark = Pattern.compile(Pattern.quote(replacement));
        if (!List.of("always", "first", "never").contains(scheme)) {
            throw error("pre_tokenizer", "has the prepend_scheme '" + scheme + "', which is not supported");
        }
        return piece -> {
            AlignedText marked = replaceAll(piece, space, replacement);
            boolean isFirst = piece.start(0, piece.length()) == 0;
            boolean isWanted = scheme.equals("always") || (scheme.equals("first") && isFirst);
            if (isWanted && !marked.isEmpty() && !marked.text().startsWith(replacement)) {
                marked = marked.builder()
                        .replace(0, 0, replacement)
                        .keep(0, marked.length())
                        .build();
            }
            return isSplit ? split(marked, mark, Behavior.MERGED_WITH_NEXT) : List.of(marked);
        };
    }

    private static AlignedText replaceAll(AlignedText piece, Pattern pattern, String replacement) {
        AlignedText.Builder builder = piece.builder();
        Matcher matcher = pattern.matcher(piece.text());
        int end = 0;
        while (matcher.find()) {
            builder.keep(end, matcher.start()).replace(matcher.start(), matcher.end(), replacement);
            end = matcher.end();
        }
        return builder.keep(end, piece.length()).build();
    }

    private static List<AlignedText> words(AlignedText piece) {
        List<AlignedText> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(piece.text());
        while (matcher.find()) {
            words.add(piece.part(matcher.start(), matcher.end()));
        }
        return words;
    }

    private static List<AlignedText> split(AlignedText piece, Pattern pattern, Behavior behavior) {
        List<AlignedText> parts = new ArrayList<>();
        Matcher matcher = pattern.matcher(piece.text());
        int start = 0;
        while (matcher.find()) {
            switch (behavior) {
                case REMOVED -> {
                    parts.add(piece.part(start, matcher.start()));
                    start = matcher.end();
                }
                case ISOLATED -> {
                    parts.add(piece.part(start, matcher.start()));
                    parts.add(piece.part(matcher.start(), matcher.end()));
                    start = matcher.end();
                }
                case MERGED_WITH_NEXT -> {
                    parts.add(piece.part(start, matcher.start()));
                    start = matcher.start();
                }
                case MERGED_WITH_PREVIOUS -> {
                    parts.add(piece.part(start, matcher.end()));
                    start = matcher.end();
                }
            }
        }
        parts.add(piece.part(start, piece.length()));
        return parts;
    }
}
