package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.model.Batch;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.model.vision.Tile;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.VisionConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A model whose logits are a hash of the tokens that it finds in its own block memory: a block that is lent twice, taken
 * back too early or in the wrong place of a table changes the answer. {@link #logits} computes the same without blocks.
 */
final class FakeModelRunner implements ModelRunner {
    static final int VOCABULARY = 61;

    private final ModelConfig config;
    private final KvLayout layout;
    private final int blockCount;
    private final int maxBatchTokens;
    private final long[][] memory; // [blockCount][blockSize]
    final List<Batch> batches = new ArrayList<>();
    final List<List<Integer>> sliceSizes = new ArrayList<>();
    Predicate<Batch> failure = batch -> false;
    Predicate<Batch> poison = batch -> false;
    Runnable beforeRun = () -> {};
    Optional<VisionConfig> vision = Optional.empty();
    int maxBatchTiles = 2;
    Predicate<List<Tile>> encodeFailure = tiles -> false;
    final List<Integer> encodedTiles = new ArrayList<>();

    FakeModelRunner(int chunkSize, int blockSize, int blockCount, int maxBatchTokens) {
        this(config(chunkSize, 8, 4), blockSize, blockCount, maxBatchTokens);
    }

    FakeModelRunner(ModelConfig config, int blockSize, int blockCount, int maxBatchTokens) {
        this.config = config;
        this.layout = KvLayout.of(config, blockSize, TensorType.F32);
        this.blockCount = blockCount;
        this.maxBatchTokens = maxBatchTokens;
        this.memory = new long[blockCount][blockSize];
    }

    /** With {@code layerCount} layers, of which every {@code globalInterval}-th is GLOBAL. */
    static ModelConfig config(int chunkSize, int layerCount, int globalInterval) {
        List<ModelConfig.Layer> layers = ModelConfig.pattern(layerCount, globalInterval, 0);
        return new ModelConfig(
                8, VOCABULARY, 1 << 20, 2, 1, 4, 0, 16, 0, 0, layers, chunkSize, 1e-5f, true, 10_000f, null, null);
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public KvLayout kvLayout() {
        return layout;
    }

    @Override
    public int blockCount() {
        return blockCount;
    }

    @Override
    public int maxBatchTokens() {
        return maxBatchTokens;
    }

    @Override
    public Optional<VisionConfig> vision() {
        return vision;
    }

    @Override
    public int maxBatchTiles() {
        return maxBatchTiles;
    }

    /** The first element of a row is a token that the pixels stand for; see {@link FakeImages}. */
    @Override
    public Floats encode(List<Tile> tiles) {
        encodedTiles.add(tiles.size());
        if (encodeFailure.test(tiles)) {
            throw new IllegalStateException("the fake tower fails as told");
        }
        int rows = vision.orElseThrow().tokensPerTile();
        Floats encoded = Floats.copyOf(new float[tiles.size() * rows * config.hiddenSize()]);
        for (int tile = 0; tile < tiles.size(); tile++) {
            for (int row = 0; row < rows; row++) {
                encoded.set((long) (tile * rows + row) * config.hiddenSize(), FakeImages.token(tiles.get(tile), row));
            }
        }
        return encoded;
    }

    @Override
    public Floats run(Batch batch) {
        beforeRun.run();
        batches.add(batch);
        sliceSizes.add(
                batch.slices().stream().map(slice -> slice.tokens().length).toList());
        requireSane(batch);
        if (failure.test(batch)) {
            throw new IllegalStateException("the fake model fails as told");
        }
        float[] rows = new float[batch.logitRows() * VOCABULARY];
        int row = 0;
        for (Batch.Slice slice : batch.slices()) {
            write(slice);
            for (int i = 0; i < slice.logitRows(); i++) {
                int position = slice.firstPosition() + slice.tokens().length - slice.logitRows() + i;
                System.arraycopy(spread(read(slice.blocks(), position)), 0, rows, row++ * VOCABULARY, VOCABULARY);
            }
        }
        if (poison.test(batch)) {
            Arrays.fill(rows, 0, VOCABULARY, Float.NaN);
        }
        return Floats.copyOf(rows);
    }

    @Override
    public String description() {
        return "fake";
    }

    @Override
    public void close() {}

    /** The logits that follow {@code tokens}, computed from the tokens alone. */
    float[] logits(int... tokens) {
        int last = tokens.length - 1;
        long hash = 0;
        for (LayerKind kind : LayerKind.values()) {
            for (int unit = 0; unit < layout.blocksPerStep(kind); unit++) {
                for (int position = config.firstVisible(kind, last); position <= last; position++) {
                    hash = mix(hash ^ entry(tokens[position], position, kind, unit));
                }
            }
        }
        return spread(hash);
    }

    private void write(Batch.Slice slice) {
        for (int i = 0; i < slice.tokens().length; i++) {
            int position = slice.firstPosition() + i;
            for (LayerKind kind : LayerKind.values()) {
                for (int unit = 0; unit < layout.blocksPerStep(kind); unit++) {
                    long[] block = memory[block(slice.blocks(), kind, unit, position)];
                    block[position % layout.blockSize()] = entry(seenToken(slice, i), position, kind, unit);
                }
            }
        }
    }

    private int seenToken(Batch.Slice slice, int index) {
        for (Batch.ImageEmbedding image : slice.images()) {
            if (index >= image.offset() && index < image.offset() + image.count()) {
                return (int) image.rows()[(image.firstRow() + index - image.offset()) * config.hiddenSize()];
            }
        }
        return slice.tokens()[index];
    }

    private long read(BlockTable table, int position) {
        long hash = 0;
        for (LayerKind kind : LayerKind.values()) {
            for (int unit = 0; unit < layout.blocksPerStep(kind); unit++) {
                for (int seen = config.firstVisible(kind, position); seen <= position; seen++) {
                    long[] block = memory[block(table, kind, unit, seen)];
                    hash = mix(hash ^ block[seen % layout.blockSize()]);
                }
            }
        }
        return hash;
    }

    private int block(BlockTable table, LayerKind kind, int unit, int position) {
        int index = position / layout.blockSize() * layout.blocksPerStep(kind) + unit;
        if (index >= table.size(kind)) {
            throw new AssertionError("the table does not reach to position " + position);
        }
        return table.ids(kind)[index];
    }

    private void requireSane(Batch batch) {
        if (batch.tokenCount() > maxBatchTokens) {
            throw new AssertionError(batch.tokenCount() + " tokens in a batch");
        }
        Map<Integer, String> places = new HashMap<>();
        for (Batch.Slice slice : batch.slices()) {
            for (LayerKind kind : LayerKind.values()) {
                for (int index = 0; index < slice.blocks().size(kind); index++) {
                    int block = slice.blocks().ids(kind)[index];
                    requireOnePlace(slice, kind, index, block, places);
                }
            }
        }
    }

    /** Several sequences may read a block in the same place of their tables, but one that is written to has one owner. */
    private void requireOnePlace(Batch.Slice slice, LayerKind kind, int index, int block, Map<Integer, String> places) {
        int firstWritten = slice.firstPosition() / layout.blockSize() * layout.blocksPerStep(kind);
        String place = index < firstWritten
                ? kind + " " + index
                : "written by " + System.identityHashCode(slice) + kind + index;
        String before = block == BlockTable.DROPPED ? null : places.putIfAbsent(block, place);
        if (before != null && !before.equals(place)) {
            throw new AssertionError("block " + block + " is in two places: " + before + ", " + place);
        }
    }

    private static long entry(int token, int position, LayerKind kind, int unit) {
        return mix(token * 1_000_003L + position * 31L + unit * 7L + (kind == LayerKind.LOCAL ? 1 : 2));
    }

    private static float[] spread(long hash) {
        float[] logits = new float[VOCABULARY];
        for (int token = 0; token < VOCABULARY; token++) {
            logits[token] = (mix(hash + token) >> 40) * 0x1.0p-21f;
        }
        return logits;
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 32)) * 0xD6E8FEB86659FD93L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 32);
    }
}
