package dev.herd.tokenizer.unigram;

import dev.herd.weights.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A Unigram tokenizer with its normalisers. Immutable and safe for use by many threads.
 *
 * <p>{@link #encode} never yields a special token, whatever the text contains.
 */
public final class UnigramTokenizer {
    private final List<TextStep> normalizers;
    private final List<SplitStep> preTokenizers;
    private final UnigramModel model;
    private final int[] before;
    private final int[] after;

    UnigramTokenizer(
            List<TextStep> normalizers, List<SplitStep> preTokenizers, UnigramModel model, int[] before, int[] after) {
        this.normalizers = List.copyOf(normalizers);
        this.preTokenizers = List.copyOf(preTokenizers);
        this.model = model;
        this.before = before;
        this.after = after;
    }

    /**
     * The tokenizer that a {@code tokenizer.json} describes.
     *
     * @throws CheckpointException if the file is damaged, or uses what would give other ids than here; the message names
     *     file and part
     */
    public static UnigramTokenizer read(Path file) {
        return UnigramReader.read(file);
    }

    /**
     * The tokens of a text.
     *
     * @param ids the tokens
     * @param starts first character of the text that each token stands for
     * @param ends the character behind
     */
    public record Tokens(int[] ids, int[] starts, int[] ends) {}

    /** The tokens of {@code text} without those of the template. */
    public Tokens encode(String text) {
        AlignedText normal = AlignedText.of(text);
        for (TextStep step : normalizers) {
            normal = step.apply(normal);
        }
        List<AlignedText> pieces = List.of(normal);
        for (SplitStep step : preTokenizers) {
            pieces = pieces.stream()
                    .flatMap(piece -> step.apply(piece).stream())
                    .filter(piece -> !piece.isEmpty())
                    .toList();
        }
        IntStream.Builder ids = IntStream.builder();
        IntStream.Builder starts = IntStream.builder();
        IntStream.Builder ends = IntStream.builder();
        for (AlignedText piece : pieces) {
            for (UnigramModel.Token token : model.divide(piece.text())) {
                ids.add(token.id());
                starts.add(piece.start(token.from(), token.to()));
                ends.add(piece.end(token.from(), token.to()));
            }
        }
        return new Tokens(
                ids.build().toArray(), starts.build().toArray(), ends.build().toArray());
    }

    /** {@code ids[from, to)} between the tokens that the template puts around a text. */
    public int[] surround(int[] ids, int from, int to) {
        int[] whole = new int[before.length + to - from + after.length];
        System.arraycopy(before, 0, whole, 0, before.length);
        System.arraycopy(ids, from, whole, before.length, to - from);
        System.arraycopy(after, 0, whole, before.length + to - from, after.length);
        return whole;
    }

    /** How many tokens the template puts around a text. */
    public int surroundingTokens() {
        return before.length + after.length;
    }
}
