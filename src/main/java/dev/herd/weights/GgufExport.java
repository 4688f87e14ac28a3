package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelConfig.RopeScaling;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Writes any checkpoint as a GGUF file that Herd and, within its fixed assumptions, llama.cpp read. */
public final class GgufExport {
    /** Elements of a matrix that are converted at a time. */
    private static final int BATCH_ELEMENTS = 1 << 22;

    /** Rows that one thread converts at a time: enough for a transposed matrix to be read in whole cache lines. */
    private static final int RANGE_ROWS = 64;

    private final Checkpoint source;
    private final TensorType matrixType;
    private final GgufWriter writer = new GgufWriter();

    private GgufExport(Checkpoint source, TensorType matrixType) {
        this.source = source;
        this.matrixType = matrixType;
    }

    /**
     * Writes {@code source} to {@code target}, replacing it.
     *
     * @param matrixType encoding of matrices; those whose rows are no multiple of its group become Q8_0, or F16 if that
     *     does not fit either. Routers and norms are F32.
     * @throws CheckpointException if the file cannot be written or the source has what GGUF cannot say
     */
    public static void write(Checkpoint source, TensorType matrixType, Path target) {
        requireWritable(matrixType, target);
        GgufExport export = new GgufExport(source, matrixType);
        GgufMetadataExport.put(export.writer, source);
        export.putTensors();
        export.writer.writeTo(target);
    }

    /** Refuses encodings that GGUF or the encoders do not have. */
    static void requireWritable(TensorType matrixType, Path target) {
        if (matrixType.ggmlId() < 0 || matrixType == TensorType.F64 || !QuantFormats.holdsWeights(matrixType)) {
            throw new CheckpointException(target + ": cannot be written with matrices of type " + matrixType);
        }
    }

    private void putTensors() {
        ModelConfig config = source.config();
        ModelWeights weights = source.weights();
        Floats divisors = weights.ropeDivisors();
        RopeScaling scaling = config.ropeScaling();
        if (divisors != null) {
            putFloats(GgufWeights.ROPE_DIVISORS, divisors);
        } else if (scaling != null) {
            putFloats(
                    GgufWeights.ROPE_DIVISORS,
                    Floats.copyOf(RopeDivisors.of(scaling, config.ropeTheta(), config.headSize())));
        }
        putMatrix(GgufWeights.EMBEDDING, weights.embedding(), matrixType);
        putFloats(GgufWeights.OUTPUT_NORM, weights.outputNorm());
        if (!weights.output().equals(weights.embedding())) {
            putMatrix(GgufWeights.OUTPUT, weights.output(), matrixType);
        }
        for (int layer = 0; layer < weights.layers().size(); layer++) {
            putLayer(layer, weights.layers().get(layer));
        }
    }

    private void putLayer(int index, LayerWeights layer) {
        Function<String, String> name = part -> GgufWeights.layerName(index, part);
        putFloats(name.apply("attn_norm"), layer.attentionNorm());
        putMatrix(name.apply("attn_q"), layer.queryProj(), matrixType);
        putMatrix(name.apply("attn_k"), layer.keyProj(), matrixType);
        putMatrix(name.apply("attn_v"), layer.valueProj(), matrixType);
        putMatrix(name.apply("attn_output"), layer.outputProj(), matrixType);
        putFloats(name.apply("ffn_norm"), layer.ffnNorm());
        switch (layer.ffn()) {
            case GatedFfn dense -> putGated(index, "", dense);
            case MoeFfn moe -> {
                putMatrix(name.apply("ffn_gate_inp"), moe.router(), TensorType.F32);
                putStacked(name.apply("ffn_gate_exps"), moe, GatedFfn::gateProj);
                putStacked(name.apply("ffn_down_exps"), moe, GatedFfn::downProj);
                putStacked(name.apply("ffn_up_exps"), moe, GatedFfn::upProj);
                putGated(index, "_shexp", moe.sharedExpert());
            }
        }
    }

    private void putGated(int layer, String suffix, GatedFfn ffn) {
        putMatrix(GgufWeights.layerName(layer, "ffn_gate" + suffix), ffn.gateProj(), matrixType);
        putMatrix(GgufWeights.layerName(layer, "ffn_down" + suffix), ffn.downProj(), matrixType);
        putMatrix(GgufWeights.layerName(layer, "ffn_up" + suffix), ffn.upProj(), matrixType);
    }

    private void putFloats(String name, Floats floats) {
        putFloats(writer, name, floats);
    }

    private void putMatrix(String name, WeightMatrix matrix, TensorType wanted) {
        putMatrix(writer, name, matrix, wanted);
    }

    static void putFloats(GgufWriter writer, String name, Floats floats) {
        writer.tensor(name, TensorType.F32, List.of(floats.size()), sink -> sink.write(floats.segment()));
    }

    static void putMatrix(GgufWriter writer, String name, WeightMatrix matrix, TensorType wanted) {
        TensorType type = fitting(wanted, matrix.columns());
        List<Long> dimensions = List.of((long) matrix.columns(), (long) matrix.rows());
        writer.tensor(name, type, dimensions, sink -> writeMatrix(name, matrix, type, sink));
    }

    private void putStacked(String name, MoeFfn moe, Function<GatedFfn, WeightMatrix> part) {
        List<WeightMatrix> matrices = new ArrayList<>();
        moe.experts().forEach(expert -> matrices.add(part.apply(expert)));
        WeightMatrix first = matrices.getFirst();
        TensorType type = fitting(matrixType, first.columns());
        List<Long> dimensions = List.of((long) first.columns(), (long) first.rows(), (long) matrices.size());
        writer.tensor(
                name, type, dimensions, sink -> matrices.forEach(matrix -> writeMatrix(name, matrix, type, sink)));
    }

    /** {@code wanted} if rows of {@code columns} elements are whole groups of it, else the next best. */
    static TensorType fitting(TensorType wanted, int columns) {
        if (columns % wanted.quantGroupSize() == 0) {
            return wanted;
        }
        return columns % TensorType.Q8_0.quantGroupSize() == 0 ? TensorType.Q8_0 : TensorType.F16;
    }

    private static void writeMatrix(String name, WeightMatrix matrix, TensorType type, GgufWriter.Sink sink) {
        if (matrix instanceof WeightMatrix.RowMajor stored && stored.type() == type) {
            sink.write(stored.data());
            return;
        }
        int batchRows = Math.max(RANGE_ROWS, BATCH_ELEMENTS / matrix.columns());
        long rowBytes = type.bytes(matrix.columns());
        for (int from = 0; from < matrix.rows(); from += batchRows) {
            int rows = Math.min(batchRows, matrix.rows() - from);
            try (Arena arena = Arena.ofShared()) {
                MemorySegment encoded = arena.allocate(rowBytes * rows);
                encode(name, matrix, type, from, encoded);
                sink.write(encoded);
            }
        }
    }

    private static void encode(String name, WeightMatrix matrix, TensorType type, int fromRow, MemorySegment encoded) {
        long rowBytes = type.bytes(matrix.columns());
        int rows = Math.toIntExact(encoded.byteSize() / rowBytes);
        int ranges = Math.ceilDiv(rows, RANGE_ROWS);
        IntStream.range(0, ranges).parallel().forEach(range -> {
            int from = range * RANGE_ROWS;
            int to = Math.min(rows, from + RANGE_ROWS);
            float[] values = new float[Math.multiplyExact(to - from, matrix.columns())];
            MatrixRows.read(matrix, fromRow + from, fromRow + to, values);
            try {
                QuantFormats.quantize(type, values, 0, values.length, encoded, rowBytes * from);
            } catch (IllegalArgumentException e) {
                throw new CheckpointException("tensor '" + name + "' cannot be written: " + e.getMessage(), e);
            }
        });
    }
}
