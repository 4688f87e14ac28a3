package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.model.vision.Tile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a step does before its batch: it sends a bounded number of tiles of the oldest running sequences through the vision
 * tower, so that pictures delay answers under way no more than a slice of a prompt does. Used by the engine's thread only,
 * save {@link #status}.
 */
final class ImageStage {
    private final ModelRunner runner;
    private final int tokensPerTile;
    private final int tileValues;
    private final ImageCache cache;
    private volatile EngineStatus.Images status = EngineStatus.Images.NONE;

    /** @param cacheBytes bytes that encoded pictures may take after their sequences have read them */
    ImageStage(ModelRunner runner, long cacheBytes) {
        this.runner = runner;
        this.tokensPerTile =
                runner.vision().map(vision -> vision.tokensPerTile()).orElse(0);
        this.tileValues = Math.multiplyExact(tokensPerTile, runner.config().hiddenSize());
        this.cache = new ImageCache(cacheBytes);
    }

    /** What has been encoded and found so far; from any thread. */
    EngineStatus.Images status() {
        return status;
    }

    /**
     * Encodes the next tiles.
     *
     * @param running the admitted sequences, oldest first
     * @param fail told of each sequence that cannot go on, and why
     * @return false if there was nothing to encode
     * @throws DeviceLostException if the tower's device is lost; who waits for these tiles has been told
     */
    boolean advance(List<Sequence> running, BiConsumer<Sequence, Throwable> fail) {
        if (tokensPerTile == 0) {
            return false;
        }
        for (Sequence sequence : running) {
            if (!sequence.images().expected().isEmpty()) {
                place(sequence, fail);
            }
        }
        cache.removeUnused();
        List<ImageEncoding> owners = new ArrayList<>();
        List<Tile> tiles = collect(running, owners, fail);
        if (!tiles.isEmpty()) {
            encode(running, tiles, owners, fail);
        }
        return !tiles.isEmpty();
    }

    private void place(Sequence sequence, BiConsumer<Sequence, Throwable> fail) {
        List<ImageEncoding> encodings = new ArrayList<>();
        int hits = 0;
        for (PromptImage image : sequence.images().expected()) {
            ImageEncoding known = cache.find(image.key());
            if (known != null && known.tileCount() != image.tileCount()) {
                fail.accept(
                        sequence,
                        new IllegalArgumentException("a picture has " + image.tileCount()
                                + " tiles, but the one that is remembered by its key has " + known.tileCount()));
                return;
            }
            if (known == null) {
                known = new ImageEncoding(image, tokensPerTile, tileValues);
                cache.add(known);
            } else {
                hits++;
            }
            encodings.add(known);
        }
        sequence.images().place(encodings);
        count(hits, encodings.size() - hits, 0);
    }

    /** The next tiles of the oldest sequences, at most a batch; whose they are goes to {@code owners}. */
    private List<Tile> collect(
            List<Sequence> running, List<ImageEncoding> owners, BiConsumer<Sequence, Throwable> fail) {
        List<Tile> tiles = new ArrayList<>();
        for (Sequence sequence : running) {
            for (ImageEncoding encoding : sequence.images().encodings()) {
                while (sequence.state() == Sequence.State.RUNNING
                        && !encoding.isStarted()
                        && tiles.size() < runner.maxBatchTiles()) {
                    Tile tile = nextTile(encoding, running, fail);
                    if (tile == null) {
                        break;
                    }
                    tiles.add(tile);
                    owners.add(encoding);
                }
            }
        }
        return tiles;
    }

    private @Nullable Tile nextTile(
            ImageEncoding encoding, List<Sequence> running, BiConsumer<Sequence, Throwable> fail) {
        try {
            return encoding.nextTile();
        } catch (RuntimeException | Error failure) {
            failUsers(List.of(encoding), running, failure, fail);
            return null;
        }
    }

    private void encode(
            List<Sequence> running,
            List<Tile> tiles,
            List<ImageEncoding> owners,
            BiConsumer<Sequence, Throwable> fail) {
        try {
            Floats encoded = runner.encode(tiles);
            for (int tile = 0; tile < tiles.size(); tile++) {
                owners.get(tile).complete(encoded, (long) tile * tileValues);
            }
            owners.stream().distinct().filter(ImageEncoding::isComplete).forEach(cache::complete);
            count(0, 0, tiles.size());
        } catch (RuntimeException | Error failure) {
            failUsers(owners, running, failure, fail);
            if (failure instanceof DeviceLostException lost) {
                throw lost; // no later step can succeed
            }
        }
    }

    private void failUsers(
            List<ImageEncoding> encodings,
            List<Sequence> running,
            Throwable failure,
            BiConsumer<Sequence, Throwable> fail) {
        encodings.forEach(cache::remove);
        for (Sequence sequence : running) {
            if (sequence.images().encodings().stream().anyMatch(encodings::contains)) {
                fail.accept(sequence, failure);
            }
        }
    }

    private void count(int hits, int misses, int tiles) {
        EngineStatus.Images before = status;
        status = new EngineStatus.Images(
                before.hits() + hits, before.misses() + misses, before.encodedTiles() + tiles, cache.bytes());
    }
}
