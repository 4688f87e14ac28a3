package dev.herd.tokenizer.unigram;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SentencePiece's precompiled rules of normalisation: a double-array trie over UTF-8 whose values point to replacements.
 * Immutable.
 */
final class CharsMap implements TextStep {
    /*
     * As Hugging Face's tokenizers apply it, the models having been trained so: a grapheme of fewer than six bytes is
     * looked up first, and what is found for its shortest prefix replaces all of it; otherwise each of its characters is
     * looked up by itself.
     */
    private static final Pattern GRAPHEME = Pattern.compile("\\X");
    private static final int LONGEST_GRAPHEME = 5;

    private final int[] units;
    private final byte[] replacements;

    private CharsMap(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
    }

    /**
     * The rules in their stored form.
     *
     * @throws IllegalArgumentException if the form is damaged
     */
    static CharsMap read(byte[] stored) {
        ByteBuffer buffer = ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN);
        if (stored.length < Integer.BYTES) {
            throw new IllegalArgumentException("is cut short");
        }
        int trieBytes = buffer.getInt();
        if (trieBytes <= 0 || trieBytes % Integer.BYTES != 0 || trieBytes > buffer.remaining()) {
            throw new IllegalArgumentException("claims a trie of " + trieBytes + " bytes");
        }
        int[] units = new int[trieBytes / Integer.BYTES];
        buffer.asIntBuffer().get(units);
        byte[] replacements = new byte[buffer.remaining() - trieBytes];
        buffer.position(buffer.position() + trieBytes).get(replacements);
        return new CharsMap(units, replacements);
    }

    @Override
    public AlignedText apply(AlignedText text) {
        AlignedText.Builder builder = text.builder();
        Matcher graphemes = GRAPHEME.matcher(text.text());
        while (graphemes.find()) {
            String grapheme = graphemes.group();
            byte[] utf8 = grapheme.getBytes(StandardCharsets.UTF_8);
            int found = utf8.length <= LONGEST_GRAPHEME ? find(utf8) : -1;
            if (found >= 0) {
                builder.replace(graphemes.start(), graphemes.end(), replacement(found));
            } else {
                applyEach(text, graphemes.start(), graphemes.end(), builder);
            }
        }
        return builder.build();
    }

    private void applyEach(AlignedText text, int from, int to, AlignedText.Builder builder) {
        int at = from;
        while (at < to) {
            int end = at + Character.charCount(text.text().codePointAt(at));
            int found = find(text.text().substring(at, end).getBytes(StandardCharsets.UTF_8));
            if (found >= 0) {
                builder.replace(at, end, replacement(found));
            } else {
                builder.keep(at, end);
            }
            at = end;
        }
    }

    /** The value of the shortest prefix of {@code key} that has one; -1 if none has. */
    private int find(byte[] key) {
        int node = offset(units[0]);
        for (byte value : key) {
            int label = Byte.toUnsignedInt(value);
            node ^= label;
            if (label == 0 || node < 0 || node >= units.length || (units[node] & 0x8000_00FF) != label) {
                return -1;
            }
            int unit = units[node];
            node ^= offset(unit);
            if (((unit >>> 8) & 1) == 1 && node < units.length) {
                return units[node] & Integer.MAX_VALUE;
            }
        }
        return -1;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
    }

    private String replacement(int from) {
        int end = Math.min(from, replacements.length);
        int start = end;
        while (end < replacements.length && replacements[end] != 0) {
            end++;
        }
        return new String(replacements, start, end - start, StandardCharsets.UTF_8);
    }
}
