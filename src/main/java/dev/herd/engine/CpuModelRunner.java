package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvMemory;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.Workers;
import dev.herd.model.Batch;
import dev.herd.model.Batch.Slice;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.model.Llama4;
import dev.herd.model.vision.Tile;
import dev.herd.model.vision.VisionEncoder;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import java.util.List;
import java.util.Optional;

/** Runs a checkpoint on the processor: kernels composed by {@link Llama4}, spread over a fixed pool of threads. */
public final class CpuModelRunner implements ModelRunner {
    /** Text tokens that a tile costs no more than, so that a batch of tiles takes no longer than one of tokens. */
    private static final int TOKENS_PER_TILE = 64;

    /** More tiles at a time compute no faster and take more scratch memory. */
    private static final int MOST_TILES = 8;

    private final ModelConfig config;
    private final KvLayout layout;
    private final int blockCount;
    private final int maxBatchTokens;
    private final Workers workers;
    private final KvMemory memory;
    private final Llama4 model;
    private final Optional<VisionConfig> vision;
    private final Optional<VisionEncoder> encoder;
    private final int maxBatchTiles;
    private final String description;

    /** The checkpoint stays its owner's to close, after this runner. */
    public CpuModelRunner(Checkpoint checkpoint, Kernels kernels, int threads, Limits limits) {
        this.config = checkpoint.config();
        this.layout = KvLayout.of(config, limits.blockSize, limits.kvType);
        this.blockCount = (int) Math.min(Integer.MAX_VALUE - 8, limits.kvBytes / layout.blockBytes());
        this.maxBatchTokens = limits.maxBatchTokens;
        this.workers = new Workers(threads);
        this.memory = new KvMemory(layout.blockBytes(), blockCount);
        this.model = new Llama4(config, checkpoint.weights(), layout, memory, kernels, workers, limits.maxBatchTokens);
        this.vision = checkpoint.vision().map(VisionTower::config);
        this.maxBatchTiles = vision.isPresent() ? tilesOf(maxBatchTokens) : 0;
        this.encoder = checkpoint.vision().map(tower -> new VisionEncoder(tower, kernels, workers, maxBatchTiles));
        this.description = "cpu, " + kernels.description() + ", " + threads + (threads == 1 ? " thread" : " threads");
    }

    /** Tiles of the largest batch, if the largest of text has {@code maxBatchTokens}. */
    static int tilesOf(int maxBatchTokens) {
        return Math.clamp(maxBatchTokens / TOKENS_PER_TILE, 1, MOST_TILES);
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

    @Override
    public Floats encode(List<Tile> tiles) {
        return encoder.orElseThrow(() -> new IllegalStateException("this model has no vision tower"))
                .encode(tiles);
    }

    @Override
    public Floats run(Batch batch) {
        for (int i = 0; i < batch.slices().size(); i++) {
            Slice slice = batch.slices().get(i);
            ensureMemory(slice, LayerKind.LOCAL);
            ensureMemory(slice, LayerKind.GLOBAL);
        }
        return model.forward(batch);
    }

    /** Only the blocks that the slice writes to can be new. */
    private void ensureMemory(Slice slice, LayerKind kind) {
        BlockTable blocks = slice.blocks();
        int perStep = layout.blocksPerStep(kind);
        int last = slice.firstPosition() + slice.tokens().length - 1;
        int from = slice.firstPosition() / layout.blockSize() * perStep;
        int to = (last / layout.blockSize() + 1) * perStep;
        for (int i = from; i < to; i++) {
            memory.ensure(blocks.ids(kind)[i]);
        }
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public void close() {
        workers.close();
        model.close();
        encoder.ifPresent(VisionEncoder::close);
        memory.close();
    }

    /**
     * What the runner may take.
     *
     * @param maxBatchTokens tokens of the largest batch; scratch memory grows with it
     * @param blockSize tokens per key/value block
     * @param kvType F32, F16 or Q8_0
     * @param kvBytes budget for keys and values
     */
    public record Limits(int maxBatchTokens, int blockSize, TensorType kvType, long kvBytes) {
        public Limits {
            if (maxBatchTokens < 1 || blockSize < 1 || kvBytes < 0) {
                throw new IllegalArgumentException("limits must be positive: " + maxBatchTokens + " tokens per batch, "
                        + blockSize + " tokens per block, " + kvBytes + " bytes");
            }
        }
    }
}
