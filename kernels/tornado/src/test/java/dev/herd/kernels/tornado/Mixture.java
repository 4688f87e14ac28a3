package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix.RowMajor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Random;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** A mixture layer with random weights and inputs. */
final class Mixture {
    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();

    final int tokens;
    final int experts;
    final int perToken;
    final int width;
    final int size;
    final int gateFormat;
    final int downFormat;
    final IntArray step;
    final FloatArray x;
    final FloatArray logits;
    final FloatArray base;
    final IntArray gate;
    final IntArray up;
    final IntArray down;
    final float[] gateValues;
    final float[] upValues;
    final float[] downValues;
    final IntArray choice;
    final FloatArray scores;
    double[] magnitude = {};

    Mixture(int tokens, int experts, int perToken, int width, int size, TensorType gateType, TensorType downType) {
        Random random = new Random(31L * tokens + experts);
        this.tokens = tokens;
        this.experts = experts;
        this.perToken = perToken;
        this.width = width;
        this.size = size;
        this.gateFormat = DeviceFormat.valueOf(gateType.name()).code();
        this.downFormat = DeviceFormat.valueOf(downType.name()).code();
        this.step = Device.step(tokens);
        this.x = ExpertsTest.floats(random, tokens * size, 1);
        this.logits = ExpertsTest.floats(random, tokens * experts, 2);
        this.base = ExpertsTest.floats(random, tokens * size, 1);
        RowMajor gates = matrix(random, gateType, experts * width, size);
        RowMajor ups = matrix(random, gateType, experts * width, size);
        RowMajor downs = matrix(random, downType, experts * size, width);
        this.gate = pack(gates);
        this.up = pack(ups);
        this.down = pack(downs);
        this.gateValues = values(gates);
        this.upValues = values(ups);
        this.downValues = values(downs);
        this.choice = new IntArray(tokens * perToken);
        this.scores = new FloatArray(tokens * perToken);
    }

    private static RowMajor matrix(Random random, TensorType type, int rows, int columns) {
        float[] values = ExpertsTest.floats(random, rows * columns, 0.1).toHeapArray();
        MemorySegment data = Arena.ofAuto().allocate(type.bytes(values.length));
        QuantFormats.quantize(type, values, 0, values.length, data, 0);
        return new RowMajor(type, data, rows, columns);
    }

    private static IntArray pack(RowMajor matrix) {
        DeviceFormat format = DeviceFormat.of(matrix);
        IntArray packed = new IntArray(matrix.rows() * format.rowWords(matrix.columns()) + 1);
        DeviceWeights.pack(packed.getSegment(), 0, matrix, 0, matrix.rows(), SCALAR);
        HalfProducts.range(packed, format, matrix.columns(), matrix.rows());
        return packed;
    }

    private static float[] values(RowMajor matrix) {
        Floats row = Floats.allocate(Arena.ofAuto(), (long) matrix.rows() * matrix.columns());
        for (int r = 0; r < matrix.rows(); r++) {
            SCALAR.dequantizeRow(row, (long) r * matrix.columns(), matrix, r);
        }
        return row.toArray(0, matrix.rows() * matrix.columns());
    }

    double dot(float[] weights, int row, FloatArray inputs, int token, double factor) {
        double sum = 0;
        for (int c = 0; c < size; c++) {
            sum += (double) weights[row * size + c] * inputs.get(token * size + c) * factor;
        }
        return sum;
    }

    double[] expected() {
        double[] out = new double[tokens * size];
        magnitude = new double[tokens * size];
        for (int token = 0; token < tokens; token++) {
            boolean[] isChosen = new boolean[experts];
            for (int i = 0; i < size; i++) {
                out[token * size + i] = base.get(token * size + i);
                magnitude[token * size + i] = Math.abs(out[token * size + i]) + 1e-3;
            }
            for (int rank = 0; rank < perToken; rank++) {
                int expert = -1;
                for (int e = 0; e < experts; e++) {
                    if (!isChosen[e]
                            && (expert < 0 || logits.get(token * experts + e) > logits.get(token * experts + expert))) {
                        expert = e;
                    }
                }
                isChosen[expert] = true;
                add(out, token, expert, 1 / (1 + Math.exp(-logits.get(token * experts + expert))));
            }
        }
        return out;
    }

    private void add(double[] out, int token, int expert, double score) {
        for (int j = 0; j < width; j++) {
            double gated = dot(gateValues, expert * width + j, x, token, score);
            double hidden = gated / (1 + Math.exp(-gated)) * dot(upValues, expert * width + j, x, token, score);
            for (int i = 0; i < size; i++) {
                double product = hidden * downValues[(expert * size + i) * width + j];
                out[token * size + i] += product;
                magnitude[token * size + i] += Math.abs(product);
            }
        }
    }

    void route() {
        Device.run(KernelCall.of(
                "Router.route",
                bucket -> Router.routeGrid(tokens + 1),
                Router::route,
                step,
                choice,
                scores,
                logits,
                experts,
                perToken));
    }

    FloatArray decode() {
        FloatArray out = FloatArray.fromArray(base.toHeapArray());
        FloatArray hidden = new FloatArray(tokens * perToken * width);
        Device.run(KernelCall.of(
                "Experts.gateUp",
                bucket -> Experts.gateUpGrid(width, tokens * perToken + 1),
                Experts::gateUp,
                step,
                hidden,
                x,
                gate,
                up,
                choice,
                scores,
                gateFormat,
                gateFormat,
                width,
                size,
                perToken));
        Device.run(KernelCall.of(
                "Experts.down",
                bucket -> Experts.downGrid(size, tokens + 1),
                Experts::down,
                step,
                out,
                hidden,
                down,
                choice,
                downFormat,
                size,
                width,
                perToken));
        return out;
    }

    FloatArray prefill(boolean inHalves) {
        int assignments = tokens * perToken;
        IntArray order = new IntArray(assignments);
        IntArray offsets = new IntArray(2 * (experts + 1));
        Device.run(KernelCall.of(
                "Router.group",
                bucket -> Router.groupGrid(experts),
                Router::group,
                step,
                order,
                offsets,
                choice,
                experts,
                perToken,
                0));
        FloatArray gates = grouped(inHalves, x, gate, gateFormat, width, size, order, offsets, perToken);
        FloatArray ups = grouped(inHalves, x, up, gateFormat, width, size, order, offsets, perToken);
        Device.run(KernelCall.of(
                "Experts.activate",
                bucket -> Experts.activateGrid(assignments + 1, width),
                Experts::activate,
                step,
                gates,
                ups,
                scores,
                width,
                perToken));
        FloatArray apart = grouped(inHalves, gates, down, downFormat, size, width, order, offsets, 1);
        FloatArray out = FloatArray.fromArray(base.toHeapArray());
        Device.run(KernelCall.of(
                "Experts.combine",
                bucket -> Experts.combineGrid(tokens + 1, size),
                Experts::combine,
                step,
                out,
                apart,
                size,
                perToken));
        return out;
    }

    private FloatArray grouped(
            boolean inHalves,
            FloatArray inputs,
            IntArray weights,
            int format,
            int rows,
            int columns,
            IntArray order,
            IntArray offsets,
            int perInput) {
        if (inHalves) {
            return HalfProducts.expertMatMul(step, inputs, weights, order, offsets, format, rows, columns, perInput);
        }
        FloatArray out = new FloatArray(tokens * perToken * rows);
        Device.run(KernelCall.of(
                "ExpertMatMul.matMul",
                bucket -> ExpertMatMul.grid(rows, tokens * perToken, experts),
                ExpertMatMul::matMul,
                out,
                inputs,
                weights,
                order,
                offsets,
                format,
                rows,
                columns,
                experts,
                perInput));
        return out;
    }
}
