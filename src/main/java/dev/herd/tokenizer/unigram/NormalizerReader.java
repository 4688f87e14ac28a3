package dev.herd.tokenizer.unigram;

import static dev.herd.tokenizer.unigram.UnigramReader.error;

import dev.herd.tokenizer.unigram.JsonValues.Fields;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code normalizer} of a {@code tokenizer.json}; one that is not known is refused by name. */
final class NormalizerReader {
    private static final Pattern GRAPHEME = Pattern.compile("\\X");
    private static final Pattern MARKS = Pattern.compile("\\p{Mn}");

    private final List<TextStep> steps = new ArrayList<>();

    private NormalizerReader() {}

    static List<TextStep> read(Fields fields) {
        NormalizerReader reader = new NormalizerReader();
        reader.visit(fields);
        return reader.steps;
    }

    private void visit(Fields fields) {
        switch (fields.text("type")) {
            case "Sequence" -> fields.objects("normalizers").forEach(this::visit);
            case "Strip" -> steps.add(text -> strip(text, fields.flag("strip_left"), fields.flag("strip_right")));
            case "NFC" -> steps.add(text -> normalize(text, Normalizer.Form.NFC));
            case "NFD" -> steps.add(text -> normalize(text, Normalizer.Form.NFD));
            case "NFKC" -> steps.add(text -> normalize(text, Normalizer.Form.NFKC));
            case "NFKD" -> steps.add(text -> normalize(text, Normalizer.Form.NFKD));
            case "StripAccents" -> steps.add(text -> replace(text, MARKS, ""));
            case "Lowercase" -> steps.add(NormalizerReader::lowercase);
            case "Prepend" -> steps.add(prepend(fields.text("prepend")));
            case "Replace" -> steps.add(replacement(fields));
            case "Precompiled" -> steps.add(charsMap(fields.text("precompiled_charsmap")));
            default -> throw error("normalizer", "is '" + fields.text("type") + "', which is not supported");
        }
    }

    private static AlignedText strip(AlignedText text, boolean atStart, boolean atEnd) {
        int start = 0;
        int end = text.length();
        while (atStart && start < end && isSpace(text.text().charAt(start))) {
            start++;
        }
        while (atEnd && end > start && isSpace(text.text().charAt(end - 1))) {
            end--;
        }
        return text.part(start, end);
    }

    /** Unicode's White_Space. */
    static boolean isSpace(int unit) {
        return Character.isSpaceChar(unit) || (unit >= 0x09 && unit <= 0x0d) || unit == 0x85;
    }

    /** Grapheme by grapheme, which composes and decomposes nothing across. */
    private static AlignedText normalize(AlignedText text, Normalizer.Form form) {
        if (Normalizer.isNormalized(text.text(), form)) {
            return text;
        }
        AlignedText.Builder builder = text.builder();
        Matcher graphemes = GRAPHEME.matcher(text.text());
        while (graphemes.find()) {
            change(text, graphemes.start(), graphemes.end(), Normalizer.normalize(graphemes.group(), form), builder);
        }
        return builder.build();
    }

    private static AlignedText lowercase(AlignedText text) {
        AlignedText.Builder builder = text.builder();
        int at = 0;
        while (at < text.length()) {
            int end = at + Character.charCount(text.text().codePointAt(at));
            change(text, at, end, text.text().substring(at, end).toLowerCase(Locale.ROOT), builder);
            at = end;
        }
        return builder.build();
    }

    private static void change(AlignedText text, int from, int to, String changed, AlignedText.Builder builder) {
        if (text.text().startsWith(changed, from) && changed.length() == to - from) {
            builder.keep(from, to);
        } else {
            builder.replace(from, to, changed);
        }
    }

    private static TextStep prepend(String before) {
        return text -> text.isEmpty()
                ? text
                : text.builder().replace(0, 0, before).keep(0, text.length()).build();
    }

    private static TextStep replacement(Fields fields) {
        Pattern pattern = UnigramReader.pattern("normalizer", fields.object("pattern"));
        String content = fields.text("content");
        return text -> replace(text, pattern, content);
    }

    /** What replaces a match stands for its last character, as tokenizers has it. */
    private static AlignedText replace(AlignedText text, Pattern pattern, String content) {
        AlignedText.Builder builder = text.builder();
        Matcher matcher = pattern.matcher(text.text());
        int end = 0;
        while (matcher.find()) {
            int last = Math.max(matcher.start(), matcher.end() - 1);
            builder.keep(end, matcher.start()).replace(last, matcher.end(), content);
            end = matcher.end();
        }
        return builder.keep(end, text.length()).build();
    }

    private static TextStep charsMap(String base64) {
        try {
            return CharsMap.read(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException damaged) {
            throw error("normalizer.precompiled_charsmap", String.valueOf(damaged.getMessage()));
        }
    }
}
