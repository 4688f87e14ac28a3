package dev.herd.model.deberta;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.Workers;
import dev.herd.model.deberta.DisentangledAttention.Positions;
import dev.herd.model.vision.TileCompute;
import dev.herd.weights.DebertaConfig;
import dev.herd.weights.DebertaWeights;
import dev.herd.weights.DebertaWeights.Layer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The forward pass of a DeBERTa-v3 classifier. Holds scratch memory, so one thread uses it at a time. */
public final class Deberta implements AutoCloseable {
    /*
     * Sequences lie behind each other in memory without padding, since all but attention looks at one token at a time;
     * what a sequence gives depends on no other. The projections of the relative positions are the same for every text
     * and are computed once per layer.
     */
    private final DebertaConfig config;
    private final DebertaWeights weights;
    private final TileCompute compute;
    private final DisentangledAttention attention;
    private final Arena arena = Arena.ofShared();
    private final List<List<Positions>> positions; // by layer and head
    private final HeadScratch[] heads; // by worker
    private final Floats hidden; // [rows, hiddenSize], the residual stream
    private final Floats query; // [rows, hiddenSize]
    private final Floats key; // [rows, hiddenSize]
    private final Floats value; // [rows, hiddenSize]
    private final Floats branch; // [rows, hiddenSize], the context of the heads, then what a layer adds
    private final Floats wide; // [rows, ffnSize]
    private final int maxRows;

    /**
     * A classifier on these kernels.
     *
     * @param workers its own; not closed with it
     * @param maxSequences sequences of full length that are computed together at most; scratch memory grows with it
     */
    public Deberta(DebertaConfig config, DebertaWeights weights, Kernels kernels, Workers workers, int maxSequences) {
        this.config = config;
        this.weights = weights;
        this.compute = new TileCompute(kernels, workers);
        this.attention = new DisentangledAttention(config, kernels);
        this.maxRows = Math.multiplyExact(maxSequences, config.maxPositions());
        long values = (long) maxRows * config.hiddenSize();
        this.hidden = Floats.allocate(arena, values);
        this.query = Floats.allocate(arena, values);
        this.key = Floats.allocate(arena, values);
        this.value = Floats.allocate(arena, values);
        this.branch = Floats.allocate(arena, values);
        this.wide = Floats.allocate(arena, (long) maxRows * config.ffnSize());
        this.heads = IntStream.range(0, workers.count())
                .mapToObj(worker -> new HeadScratch(config, arena))
                .toArray(HeadScratch[]::new);
        this.positions = weights.layers().stream().map(this::projectPositions).toList();
    }

    /**
     * The logits of each sequence, {@code [sequences][labelCount]}. Padding tokens count as absent.
     *
     * @throws IllegalArgumentException if a sequence is empty or too long, holds an id that there is not, or if there
     *     are too many
     */
    public float[][] classify(List<int[]> sequences) {
        int rows = check(sequences);
        embed(sequences);
        for (int layer = 0; layer < config.layerCount(); layer++) {
            Layer w = weights.layers().get(layer);
            attend(w, positions.get(layer), sequences, rows);
            compute.linear(query, branch, w.outputProj(), rows);
            compute.add(hidden, query, config.hiddenSize(), rows);
            compute.layerNorm(hidden, hidden, w.attentionNorm(), config.normEpsilon(), rows);
            compute.linearGelu(wide, hidden, w.ffnIn(), rows);
            compute.linear(branch, wide, w.ffnOut(), rows);
            compute.add(hidden, branch, config.hiddenSize(), rows);
            compute.layerNorm(hidden, hidden, w.ffnNorm(), config.normEpsilon(), rows);
        }
        return classifyFirst(sequences);
    }

    private int check(List<int[]> sequences) {
        int rows = 0;
        for (int[] sequence : sequences) {
            if (sequence.length == 0 || sequence.length > config.maxPositions()) {
                throw new IllegalArgumentException(
                        "a sequence has " + sequence.length + " tokens, not 1 to " + config.maxPositions());
            }
            for (int token : sequence) {
                if (token < 0 || token >= config.vocabularySize()) {
                    throw new IllegalArgumentException(
                            "token " + token + " is outside the vocabulary of " + config.vocabularySize());
                }
            }
            rows += sequence.length;
        }
        if (rows == 0 || rows > maxRows) {
            throw new IllegalArgumentException("a batch has " + rows + " tokens, not 1 to " + maxRows);
        }
        return rows;
    }

    private void embed(List<int[]> sequences) {
        int size = config.hiddenSize();
        int row = 0;
        for (int[] sequence : sequences) {
            for (int token : sequence) {
                compute.kernels().dequantizeRow(hidden, (long) row++ * size, weights.embedding(), token);
            }
        }
        compute.layerNorm(hidden, hidden, weights.embeddingNorm(), config.normEpsilon(), row);
        float[] zeros = new float[size];
        row = 0;
        for (int[] sequence : sequences) {
            for (int token : sequence) {
                if (token == config.padToken()) {
                    hidden.write((long) row * size, zeros, 0, size);
                }
                row++;
            }
        }
    }

    /** Computes the context of all heads into {@code branch}. */
    private void attend(Layer layer, List<Positions> byHead, List<int[]> sequences, int rows) {
        compute.linear(query, hidden, layer.queryProj(), rows);
        compute.linear(key, hidden, layer.keyProj(), rows);
        compute.linear(value, hidden, layer.valueProj(), rows);
        int[] starts = starts(sequences);
        compute.workers().run(sequences.size() * config.headCount(), (from, to, worker) -> {
            for (int item = from; item < to; item++) {
                int sequence = item / config.headCount();
                int head = item % config.headCount();
                attendHead(
                        heads[worker],
                        byHead.get(head),
                        isMasked(sequences.get(sequence)),
                        (long) starts[sequence] * config.hiddenSize() + (long) head * config.headSize());
            }
        });
    }

    private void attendHead(HeadScratch scratch, Positions ofHead, boolean[] isMasked, long first) {
        int size = config.headSize();
        for (int token = 0; token < isMasked.length; token++) {
            long from = first + (long) token * config.hiddenSize();
            scratch.query.copyFrom((long) token * size, query, from, size);
            scratch.key.copyFrom((long) token * size, key, from, size);
            scratch.value.copyFrom((long) token * size, value, from, size);
        }
        attention.attend(scratch, ofHead, isMasked);
        for (int token = 0; token < isMasked.length; token++) {
            branch.copyFrom(first + (long) token * config.hiddenSize(), scratch.context, (long) token * size, size);
        }
    }

    private boolean[] isMasked(int[] sequence) {
        boolean[] isMasked = new boolean[sequence.length];
        for (int token = 0; token < sequence.length; token++) {
            isMasked[token] = sequence[token] == config.padToken();
        }
        return isMasked;
    }

    private float[][] classifyFirst(List<int[]> sequences) {
        int size = config.hiddenSize();
        int count = sequences.size();
        int[] starts = starts(sequences);
        for (int sequence = 0; sequence < count; sequence++) {
            query.copyFrom((long) sequence * size, hidden, (long) starts[sequence] * size, size);
        }
        compute.linearGelu(key, query, weights.pooler(), count);
        compute.linear(value, key, weights.classifier(), count);
        float[][] logits = new float[count][];
        for (int sequence = 0; sequence < count; sequence++) {
            logits[sequence] = value.toArray((long) sequence * config.labelCount(), config.labelCount());
        }
        return logits;
    }

    private static int[] starts(List<int[]> sequences) {
        int[] starts = new int[sequences.size()];
        for (int i = 1; i < starts.length; i++) {
            starts[i] = starts[i - 1] + sequences.get(i - 1).length;
        }
        return starts;
    }

    private List<Positions> projectPositions(Layer layer) {
        int rows = 2 * config.relativeSpan();
        long values = (long) rows * config.hiddenSize();
        try (Arena scratch = Arena.ofShared()) {
            Floats normed = Floats.allocate(scratch, values);
            Floats projected = Floats.allocate(scratch, values);
            compute.layerNorm(normed, weights.relative(), weights.relativeNorm(), config.normEpsilon(), rows);
            compute.linear(projected, normed, layer.queryProj(), rows);
            List<WeightMatrix> queries = byHead(projected, rows);
            compute.linear(projected, normed, layer.keyProj(), rows);
            List<WeightMatrix> keys = byHead(projected, rows);
            return IntStream.range(0, config.headCount())
                    .mapToObj(head -> new Positions(queries.get(head), keys.get(head)))
                    .toList();
        }
    }

    private List<WeightMatrix> byHead(Floats x, int rows) {
        int size = config.headSize();
        List<WeightMatrix> matrices = new ArrayList<>();
        for (int head = 0; head < config.headCount(); head++) {
            Floats ofHead = Floats.allocate(arena, (long) rows * size);
            for (int row = 0; row < rows; row++) {
                long from = (long) row * config.hiddenSize() + (long) head * size;
                ofHead.copyFrom((long) row * size, x, from, size);
            }
            matrices.add(DisentangledAttention.matrix(ofHead, rows, size));
        }
        return matrices;
    }

    @Override
    public void close() {
        arena.close();
    }
}
