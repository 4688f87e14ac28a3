package dev.herd.engine;

import dev.herd.model.Batch.ImageEmbedding;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The pictures of one sequence that are not in the key/value cache yet, in the order of the prompt. Made by the submitting
 * thread, owned by the engine's thread from then on.
 */
final class SequenceImages {
    private List<PromptImage> expected;
    private final Deque<Placed> placed = new ArrayDeque<>();

    SequenceImages(List<PromptImage> images) {
        this.expected = images;
    }

    /** The pictures for which {@link #place} has not been called yet. */
    List<PromptImage> expected() {
        return expected;
    }

    /** Says what the expected pictures are encoded to, one for one. */
    void place(List<ImageEncoding> encodings) {
        for (int i = 0; i < encodings.size(); i++) {
            placed.addLast(new Placed(expected.get(i).runs(), encodings.get(i)));
            encodings.get(i).join();
        }
        expected = List.of(); // their sources hold decoded pictures
    }

    /** The pictures that the sequence waits for or computes with. */
    List<ImageEncoding> encodings() {
        return placed.stream().map(Placed::encoding).toList();
    }

    /** The first position whose embedding is not known yet, at most {@code end}. */
    int readyEnd(int end) {
        for (Placed image : placed) {
            if (!image.encoding.isComplete()) {
                return image.positionOf(image.encoding.readyTokens());
            }
        }
        return expected.isEmpty() ? end : expected.getFirst().runs().getFirst().position();
    }

    /** What stands in for the placeholders among positions {@code [from, to)}. */
    List<ImageEmbedding> embeddings(int from, int to) {
        List<ImageEmbedding> embeddings = new ArrayList<>();
        for (Placed image : placed) {
            int row = 0;
            for (PromptImage.Run run : image.runs) {
                int first = Math.max(run.position(), from);
                int end = Math.min(run.position() + run.length(), to);
                if (first < end) {
                    embeddings.add(new ImageEmbedding(
                            first - from, end - first, image.encoding.rows(), row + first - run.position()));
                }
                row += run.length();
            }
        }
        return embeddings;
    }

    /** Forgets the pictures that lie before {@code position} as a whole. */
    void advance(int position) {
        if (!expected.isEmpty()) {
            expected = expected.stream()
                    .filter(image -> end(image.runs()) > position)
                    .toList();
        }
        while (!placed.isEmpty() && placed.getFirst().end() <= position) {
            placed.removeFirst().encoding.leave();
        }
    }

    /** Forgets all pictures. */
    void clear() {
        placed.forEach(image -> image.encoding.leave());
        placed.clear();
        expected = List.of();
    }

    private static int end(List<PromptImage.Run> runs) {
        return runs.getLast().position() + runs.getLast().length();
    }

    private record Placed(List<PromptImage.Run> runs, ImageEncoding encoding) {
        int positionOf(int token) {
            int left = token;
            for (PromptImage.Run run : runs) {
                if (left < run.length()) {
                    return run.position() + left;
                }
                left -= run.length();
            }
            return end();
        }

        int end() {
            return SequenceImages.end(runs);
        }
    }
}
