package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.Workers;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import dev.herd.weights.VisionWeights;
import dev.herd.weights.VisionWeights.Layer;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The vision tower of Llama 4 with adapter and projector (llama4.md 4.3 to 4.6): tiles become rows that stand in for the
 * embeddings of placeholder tokens, on the processor. Tiles are computed together but do not see each other.
 */
public final class VisionEncoder implements TileEncoder {
    /*
     * Rows of a batch: tile after tile, each its patches row by row and then its class token, which takes part in
     * everything but is dropped at the end. Scratch memory is taken at the first call, since most servers of a model that
     * could see pictures are never shown one.
     */
    private final VisionConfig config;
    private final VisionWeights weights;
    private final TileCompute compute;
    private final TileLimits limits;
    private final int tileRows;
    private final Arena arena = Arena.ofShared();
    private final Floats rotations; // [patchCount + 1, headSize / 2, 2]
    private @Nullable EncoderScratch scratch;

    /** @param maxTiles tiles of the largest batch; scratch memory grows with it */
    public VisionEncoder(VisionTower tower, Kernels kernels, Workers workers, int maxTiles) {
        this.config = tower.config();
        this.weights = tower.weights();
        this.compute = new TileCompute(kernels, workers);
        this.limits = new TileLimits(maxTiles, config.tileSize());
        this.tileRows = config.patchCount() + 1;
        this.rotations = PatchRope.rotations(config, arena);
    }

    @Override
    public Floats encode(List<Tile> tiles) {
        limits.check(tiles);
        EncoderScratch s = scratch();
        int rows = tiles.size() * tileRows;
        embed(s, tiles);
        compute.layerNorm(s.hidden, s.hidden, weights.preNorm(), config.normEpsilon(), rows);
        for (Layer layer : weights.layers()) {
            compute.layerNorm(s.normed, s.hidden, layer.attentionNorm(), config.normEpsilon(), rows);
            attend(s, layer, tiles.size());
            compute.add(s.hidden, s.branch, config.hiddenSize(), rows);

            compute.layerNorm(s.normed, s.hidden, layer.ffnNorm(), config.normEpsilon(), rows);
            compute.linearGelu(s.wide, s.normed, layer.ffnIn(), rows);
            compute.linear(s.branch, s.wide, layer.ffnOut(), rows);
            compute.add(s.hidden, s.branch, config.hiddenSize(), rows);
        }
        compute.layerNorm(s.normed, s.hidden, weights.postNorm(), config.normEpsilon(), rows);
        return project(s, tiles.size());
    }

    private EncoderScratch scratch() {
        EncoderScratch current = scratch;
        if (current == null) {
            current = new EncoderScratch(config, weights.projector().rows(), arena, limits.maxTiles());
            scratch = current;
        }
        return current;
    }

    /** Patches as rows of pixels, projected; the class token and the positions are added. */
    private void embed(EncoderScratch s, List<Tile> tiles) {
        int size = config.hiddenSize();
        int rows = tiles.size() * tileRows;
        compute.workers().run(rows, (from, to, worker) -> {
            for (int row = from; row < to; row++) {
                unfold(s.wide, row, tiles.get(row / tileRows), row % tileRows);
            }
        });
        compute.matMul(s.hidden, s.wide, weights.patchProj(), rows);
        for (int tile = 0; tile < tiles.size(); tile++) {
            Floats hidden = s.hidden.slice((long) tile * tileRows * size, (long) tileRows * size);
            hidden.copyFrom((long) config.patchCount() * size, weights.classEmbedding(), 0, size);
            compute.add(hidden, weights.positions(), size, tileRows);
        }
    }

    /** One patch, channel by channel and each row by row; zeros for the class token, so that its product is zero too. */
    private void unfold(Floats out, int row, Tile tile, int patch) {
        int patchSize = config.patchSize();
        int tileSize = config.tileSize();
        long to = (long) row * config.patchValues();
        if (patch == config.patchCount()) {
            out.write(to, new float[config.patchValues()], 0, config.patchValues());
            return;
        }
        int top = patch / config.gridSize() * patchSize;
        int left = patch % config.gridSize() * patchSize;
        int first = tile.index() * tile.picture().tileValues();
        for (int line = 0; line < config.patchValues() / patchSize; line++) {
            int channel = line / patchSize;
            int y = top + line % patchSize;
            out.write(to, tile.picture().values(), first + (channel * tileSize + y) * tileSize + left, patchSize);
            to += patchSize;
        }
    }

    /** Computes {@code branch} from {@code normed}, which is overwritten. */
    private void attend(EncoderScratch s, Layer layer, int tiles) {
        int rows = tiles * tileRows;
        int heads = config.headCount();
        int headSize = config.headSize();
        long tileValues = (long) tileRows * config.hiddenSize();
        compute.linear(s.query, s.normed, layer.queryProj(), rows);
        compute.linear(s.key, s.normed, layer.keyProj(), rows);
        compute.linear(s.value, s.normed, layer.valueProj(), rows);
        Kernels kernels = compute.kernels();
        compute.workers().run(rows, (from, to, worker) -> {
            rotate(s.query, from, to);
            rotate(s.key, from, to);
        });
        compute.workers().run(tiles * heads, (from, to, worker) -> {
            for (int item = from; item < to; item++) {
                long at = item / heads * tileValues;
                int head = item % heads;
                kernels.attendAll(
                        s.normed.slice(at, tileValues),
                        s.query.slice(at, tileValues),
                        s.key.slice(at, tileValues),
                        s.value.slice(at, tileValues),
                        tileRows,
                        heads,
                        headSize,
                        head,
                        head + 1);
            }
        });
        compute.linear(s.branch, s.normed, layer.outputProj(), rows);
    }

    /** Rotates rows {@code [from, to)}, tile by tile, since all tiles have the same positions. */
    private void rotate(Floats x, int from, int to) {
        long tileValues = (long) tileRows * config.hiddenSize();
        int start = from;
        while (start < to) {
            int tile = start / tileRows;
            int end = Math.min(to, (tile + 1) * tileRows);
            compute.kernels()
                    .rope(
                            x.slice(tile * tileValues, tileValues),
                            rotations,
                            config.headCount(),
                            config.headSize(),
                            start - tile * tileRows,
                            end - tile * tileRows);
            start = end;
        }
    }

    /** Squares of patches as image tokens, then adapter and projector. */
    private Floats project(EncoderScratch s, int tiles) {
        int tokens = tiles * config.tokensPerTile();
        compute.workers().run(tokens, (from, to, worker) -> {
            for (int token = from; token < to; token++) {
                merge(s.wide, s.normed, token);
            }
        });
        compute.matMul(s.adapted, s.wide, weights.adapterIn(), tokens);
        compute.gelu(s.adapted, config.outputSize(), tokens);
        compute.matMul(s.adaptedTwice, s.adapted, weights.adapterOut(), tokens);
        compute.gelu(s.adaptedTwice, config.outputSize(), tokens);
        compute.matMul(s.projected, s.adaptedTwice, weights.projector(), tokens);
        return s.projected;
    }

    /** The patches of one image token side by side, row by row of their square. */
    private void merge(Floats out, Floats encoded, int token) {
        int factor = config.shuffleFactor();
        int size = config.hiddenSize();
        int tokensPerRow = config.gridSize() / factor;
        int tile = token / config.tokensPerTile();
        int inTile = token % config.tokensPerTile();
        int top = inTile / tokensPerRow * factor;
        int left = inTile % tokensPerRow * factor;
        for (int part = 0; part < factor * factor; part++) {
            int patch = (top + part / factor) * config.gridSize() + left + part % factor;
            long from = ((long) tile * tileRows + patch) * size;
            out.copyFrom(((long) token * factor * factor + part) * size, encoded, from, size);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
