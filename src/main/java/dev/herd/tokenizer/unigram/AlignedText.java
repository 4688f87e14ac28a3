package dev.herd.tokenizer.unigram;

import java.util.Arrays;

/** A text on its way through normalisers that knows where in the original each of its characters comes from. Immutable. */
final class AlignedText {
    private final String text;
    private final int[] starts; // [text.length()]
    private final int[] ends; // [text.length()]

    private AlignedText(String text, int[] starts, int[] ends) {
        this.text = text;
        this.starts = starts;
        this.ends = ends;
    }

    /** The original; halves of surrogate pairs become U+FFFD. */
    static AlignedText of(String original) {
        StringBuilder sound = new StringBuilder(original);
        int[] starts = new int[original.length()];
        int[] ends = new int[original.length()];
        for (int at = 0; at < original.length(); ) {
            int length = Character.charCount(original.codePointAt(at));
            if (length == 1 && Character.isSurrogate(original.charAt(at))) {
                sound.setCharAt(at, '\uFFFD');
            }
            Arrays.fill(starts, at, at + length, at);
            Arrays.fill(ends, at, at + length, at + length);
            at += length;
        }
        return new AlignedText(sound.toString(), starts, ends);
    }

    String text() {
        return text;
    }

    int length() {
        return text.length();
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    /** First character of the original that {@code [from, to)} comes from. */
    int start(int from, int to) {
        return from < to ? starts[from] : 0;
    }

    /** The character of the original behind what {@code [from, to)} comes from. */
    int end(int from, int to) {
        return from < to ? ends[to - 1] : 0;
    }

    AlignedText part(int from, int to) {
        return new AlignedText(
                text.substring(from, to), Arrays.copyOfRange(starts, from, to), Arrays.copyOfRange(ends, from, to));
    }

    /** Puts a text together that takes the place of this one. */
    Builder builder() {
        return new Builder(this);
    }

    /** Collects what becomes of a text, from its begin to its end. */
    static final class Builder {
        private final AlignedText source;
        private final StringBuilder text;
        private int[] starts;
        private int[] ends;

        private Builder(AlignedText source) {
            this.source = source;
            this.text = new StringBuilder(source.length());
            this.starts = new int[source.length()];
            this.ends = new int[source.length()];
        }

        /** {@code [from, to)} of the source as it is. */
        Builder keep(int from, int to) {
            reserve(to - from);
            System.arraycopy(source.starts, from, starts, text.length(), to - from);
            System.arraycopy(source.ends, from, ends, text.length(), to - from);
            text.append(source.text, from, to);
            return this;
        }

        /** {@code replacement} in the place of {@code [from, to)} of the source; what replaces nothing goes with what follows. */
        Builder replace(int from, int to, String replacement) {
            reserve(replacement.length());
            int at = text.length();
            Arrays.fill(starts, at, at + replacement.length(), source.starts[from]);
            Arrays.fill(ends, at, at + replacement.length(), source.ends[Math.max(from, to - 1)]);
            text.append(replacement);
            return this;
        }

        private void reserve(int more) {
            int needed = Math.addExact(text.length(), more);
            if (needed > starts.length) {
                int size = Math.max(needed, 2 * starts.length);
                starts = Arrays.copyOf(starts, size);
                ends = Arrays.copyOf(ends, size);
            }
        }

        AlignedText build() {
            int length = text.length();
            return new AlignedText(text.toString(), Arrays.copyOf(starts, length), Arrays.copyOf(ends, length));
        }
    }
}
