package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.KvMemory;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.TensorType;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The attention part of a layer over several steps of two sequences, prefill slices and decoded tokens mixed, through
 * block tables and past the border of an attention chunk, against the scalar kernels doing the same.
 */
final class StepAttentionTest {
    private static final Kernels SCALAR =
            KernelsSelector.select(Optional.of("scalar")).kernels();
    private static final int KV_HEADS = 2;
    private static final int HEADS = 6;
    private static final int HEAD_SIZE = 32;
    private static final int BLOCK_SIZE = 4;
    private static final int UNITS = 3; // blocks per step
    private static final int UNIT = 1;
    private static final int BLOCKS = 50; // of a sequence
    private static final int MAX_BLOCKS = 2 * BLOCKS * UNITS;
    private static final int ON_MATRIX_UNITS = -1;
    private static final int OF_FEW = -2;
    private static final float EPSILON = 1e-5f;

    /** Tokens of each sequence in each step: sequence 0 crosses the chunk's border in a slice, sequence 1 by decoding. */
    private static final int[][] STEPS = {{5, 0}, {7, 6}, {1, 1}, {1, 1}, {1, 3}};

    /** Several runs of tokens and tiles of positions, chunks that end within both. */
    private static final int[][] LONG_STEPS = {{70, 3}, {90, 60}, {1, 30}, {2, 1}, {22, 1}, {1, 1}};

    /** The same for few tokens: tiles that end within a stretch, and both stretches with positions. */
    private static final int[][] LONG_FEW_STEPS =
            IntStream.range(0, 24).mapToObj(i -> new int[] {5, i % 4}).toArray(int[][]::new);

    private static final int LONG_CHUNK = 100;

    private final Random random = new Random(5);
    private int chunk = 8;
    private int mostAlone;
    private final int[] positions = {0, 0};
    private final int[][] tables = new int[2][BLOCKS * UNITS];
    private final FloatArray partial = new FloatArray(Attention.partialSize(16, 2, HEADS, HEAD_SIZE));

    /** Runs of no token: the portable kernel, which knows none; of {@link #OF_FEW}: the one for few tokens. */
    @ParameterizedTest(name = "kind {0}, {1}, runs of {2}")
    @CsvSource({
        "0, F16, 0, 1e-5",
        "1, F16, 0, 1e-5",
        "2, F16, 0, 1e-5",
        "0, F32, 0, 1e-5",
        "2, F32, 0, 1e-5",
        "1, Q8_0, 0, 2e-2", // rounding to a neighbouring level is no error, but it differs
        "2, Q8_0, 0, 2e-2",
        "0, F16, -2, 1e-5",
        "1, F16, -2, 1e-5",
        "2, F16, -2, 1e-5",
        "1, Q8_0, -2, 2e-2",
        "0, F16, 4, 1e-5",
        "1, F16, 4, 1e-5",
        "2, F16, 1, 1e-5",
        "0, F32, 2, 1e-5",
        "2, F32, 4, 1e-5",
        "1, Q8_0, 4, 2e-2",
        "2, Q8_0, 1, 2e-2",
    })
    void stepsAgreeWithTheScalarKernels(int kind, TensorType type, int runLength, double tolerance) {
        if (runLength != 0 && !Device.hasDp4a()) {
            return;
        }
        checkSteps(STEPS, kind, type, runLength, tolerance);
    }

    /** Queries and weights are halves there. */
    @ParameterizedTest(name = "kind {0}, up to {1} alone")
    @CsvSource({"0, 0", "1, 0", "2, 0", "0, 1", "1, 1", "0, 3", "1, 3", "2, 3"})
    void longStepsAgreeOnMatrixUnits(int kind, int alone) {
        if (Device.hasMma()) {
            chunk = LONG_CHUNK;
            mostAlone = alone;
            checkSteps(LONG_STEPS, kind, TensorType.F16, ON_MATRIX_UNITS, 5e-4);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, F16, 1e-5", "1, F16, 1e-5", "2, F16, 5e-5", "2, Q8_0, 2e-2"}) // normed keys may be the next half
    void longPastsAgreeForFewTokens(int kind, TensorType type, double tolerance) {
        if (Device.hasDp4a()) {
            chunk = LONG_CHUNK;
            checkSteps(LONG_FEW_STEPS, kind, type, OF_FEW, tolerance);
        }
    }

    private void checkSteps(int[][] steps, int kind, TensorType type, int runLength, double tolerance) {
        KvShape shape = new KvShape(KV_HEADS, HEAD_SIZE, BLOCK_SIZE, type);
        try (KvMemory memory = new KvMemory(shape.layerBytes(), MAX_BLOCKS)) {
            shuffleBlocks(memory);
            int format = DeviceFormat.valueOf(type.name()).code();
            int headWords = KeyValues.headWords(format, HEAD_SIZE);
            IntArray cache = new IntArray(MAX_BLOCKS * 2 * KV_HEADS * BLOCK_SIZE * headWords);
            cache.init(-1);
            for (int[] counts : steps) {
                checkStep(counts, kind, shape, memory, cache, format, runLength, tolerance);
            }
        }
    }

    private void shuffleBlocks(KvMemory memory) {
        int[] ids = random.ints(0, MAX_BLOCKS).distinct().limit(MAX_BLOCKS).toArray();
        for (int i = 0; i < MAX_BLOCKS; i++) {
            memory.ensure(i);
            tables[i % 2][i / 2] = ids[i];
        }
    }

    private void checkStep(
            int[] counts,
            int kind,
            KvShape shape,
            KvMemory memory,
            IntArray cache,
            int format,
            int runLength,
            double tolerance) {
        int tokens = counts[0] + counts[1];
        int[] sequences = new int[tokens];
        int[] at = new int[tokens];
        for (int token = 0; token < tokens; token++) {
            sequences[token] = token < counts[0] ? 0 : 1;
            at[token] = positions[sequences[token]]++;
        }
        Floats query = floats(tokens * HEADS * HEAD_SIZE);
        Floats key = floats(tokens * KV_HEADS * HEAD_SIZE);
        Floats value = floats(tokens * KV_HEADS * HEAD_SIZE);
        Floats factors = floats(tokens);
        Floats rotations = rotations(at);

        FloatArray attended =
                onDevice(sequences, at, query, key, value, rotations, factors, cache, kind, format, runLength);
        Floats expected = byScalar(sequences, at, query, key, value, rotations, factors, memory, shape, kind);

        for (int i = 0; i < attended.getSize(); i++) {
            assertThat(Math.abs(attended.get(i) - expected.get(i)))
                    .as("%d tokens, element %d", tokens, i)
                    .isLessThanOrEqualTo((float) (4 * tolerance));
        }
    }

    private FloatArray onDevice(
            int[] sequences,
            int[] at,
            Floats query,
            Floats key,
            Floats value,
            Floats rotations,
            Floats factors,
            IntArray cache,
            int kind,
            int format,
            int runLength) {
        int tokens = at.length;
        IntArray step = Device.step(tokens);
        IntArray places = new IntArray(tokens * Step.PLACE);
        IntArray table = IntArray.fromArray(IntStream.concat(Arrays.stream(tables[0]), Arrays.stream(tables[1]))
                .toArray());
        for (int token = 0; token < tokens; token++) {
            int place = token * Step.PLACE;
            places.set(place + Step.POSITION, at[token]);
            places.set(place + Step.LOCAL_FIRST, at[token] / chunk * chunk);
            int start = sequences[token] * tables[0].length;
            places.set(place + Step.LOCAL_TABLE, kind == KeyValues.GLOBAL ? 1000 : start);
            places.set(place + Step.GLOBAL_TABLE, kind == KeyValues.GLOBAL ? start : 1000);
        }
        IntArray layer = IntArray.fromElements(UNIT);
        FloatArray queries = array(query);
        FloatArray keys = array(key);
        FloatArray values = array(value);
        FloatArray angles = array(rotations);
        FloatArray temperatures = array(factors);
        FloatArray attended = new FloatArray(queries.getSize());
        Device.run(KernelCall.of(
                "KeyValues.place",
                bucket -> KeyValues.grid(HEADS, KV_HEADS, tokens + 1),
                KeyValues::place,
                step,
                places,
                table,
                layer,
                queries,
                keys,
                values,
                angles,
                temperatures,
                cache,
                HEADS,
                KV_HEADS,
                HEAD_SIZE,
                BLOCK_SIZE,
                UNITS,
                kind,
                EPSILON,
                format));
        if (runLength == ON_MATRIX_UNITS) {
            Step.writeRuns(
                    step, places, sequences, AttentionTile.runLength(HEADS, KV_HEADS, HEAD_SIZE, format), mostAlone);
            int strands = 3;
            FloatArray sums = new FloatArray(Math.toIntExact(AttentionTile.sums(KV_HEADS, HEAD_SIZE, strands)));
            Device.run(KernelCall.of(
                    "MmaAttention.attend",
                    bucket -> MmaAttention.grid(KV_HEADS, tokens, strands),
                    MmaAttention::attend,
                    step,
                    places,
                    table,
                    layer,
                    attended,
                    sums,
                    queries,
                    cache,
                    HEADS,
                    KV_HEADS,
                    HEAD_SIZE,
                    BLOCK_SIZE,
                    UNITS,
                    kind,
                    strands));
            if (mostAlone > 0) {
                fewAttend(step, places, table, layer, queries, cache, kind, format, mostAlone);
                combine(step, places, attended, mostAlone);
            }
            return attended;
        }
        if (runLength == 0) {
            Device.run(KernelCall.of(
                    "Attention.attend",
                    bucket -> Attention.grid(KV_HEADS, tokens + 1, 2),
                    Attention::attend,
                    step,
                    places,
                    table,
                    layer,
                    partial,
                    queries,
                    cache,
                    HEADS,
                    KV_HEADS,
                    HEAD_SIZE,
                    BLOCK_SIZE,
                    UNITS,
                    kind,
                    format,
                    2));
        } else if (runLength == OF_FEW) {
            assertThat(FewAttention.takes(HEADS, KV_HEADS, HEAD_SIZE, format)).isTrue();
            fewAttend(step, places, table, layer, queries, cache, kind, format, 0);
        } else {
            Step.writeRuns(step, places, sequences, runLength, 0);
            Device.run(KernelCall.of(
                    "RunAttention.attend",
                    bucket -> RunAttention.grid(KV_HEADS, tokens + 1, 2),
                    RunAttention::attend,
                    step,
                    places,
                    table,
                    layer,
                    partial,
                    queries,
                    cache,
                    HEADS,
                    KV_HEADS,
                    HEAD_SIZE,
                    BLOCK_SIZE,
                    UNITS,
                    kind,
                    format,
                    2,
                    runLength));
        }
        combine(step, places, attended, 0);
        return attended;
    }

    /** @param alone tokens that are, at most; 0 for all */
    private void fewAttend(
            IntArray step,
            IntArray places,
            IntArray table,
            IntArray layer,
            FloatArray queries,
            IntArray cache,
            int kind,
            int format,
            int alone) {
        Device.run(KernelCall.of(
                "FewAttention.attend",
                bucket -> FewAttention.grid(KV_HEADS, queries.getSize() / (HEADS * HEAD_SIZE) + 1, 2),
                FewAttention::attend,
                step,
                places,
                table,
                layer,
                partial,
                queries,
                cache,
                HEADS,
                KV_HEADS,
                HEAD_SIZE,
                BLOCK_SIZE,
                UNITS,
                kind,
                format,
                2,
                Math.min(1, alone)));
    }

    private void combine(IntArray step, IntArray places, FloatArray attended, int alone) {
        Device.run(KernelCall.of(
                "Attention.combine",
                bucket -> Attention.combineGrid(HEADS, attended.getSize() / (HEADS * HEAD_SIZE) + 1),
                Attention::combine,
                step,
                places,
                attended,
                partial,
                HEADS,
                HEAD_SIZE,
                2,
                Math.min(1, alone)));
    }

    private Floats byScalar(
            int[] sequences,
            int[] at,
            Floats query,
            Floats key,
            Floats value,
            Floats rotations,
            Floats factors,
            KvMemory memory,
            KvShape shape,
            int kind) {
        int tokens = at.length;
        if (kind == KeyValues.GLOBAL) {
            SCALAR.scaleRows(query, factors, HEADS * HEAD_SIZE, 0, tokens);
        } else {
            SCALAR.rope(query, rotations, HEADS, HEAD_SIZE, 0, tokens);
            SCALAR.rope(key, rotations, KV_HEADS, HEAD_SIZE, 0, tokens);
        }
        if (kind == KeyValues.LOCAL_NORMED) {
            SCALAR.qkNorm(query, EPSILON, HEADS, HEAD_SIZE, 0, tokens);
            SCALAR.qkNorm(key, EPSILON, KV_HEADS, HEAD_SIZE, 0, tokens);
        }
        KvView[] views = Arrays.stream(tables)
                .map(ids -> new KvView(shape, memory, ids, UNITS, UNIT, 0))
                .toArray(KvView[]::new);
        Floats attended = Floats.copyOf(new float[tokens * HEADS * HEAD_SIZE]);
        for (int token = 0; token < tokens; token++) {
            SCALAR.storeKeyValue(views[sequences[token]], at[token], key, value, token);
        }
        for (int token = 0; token < tokens; token++) {
            int first = kind == KeyValues.GLOBAL ? 0 : at[token] / chunk * chunk;
            SCALAR.attend(attended, query, views[sequences[token]], token, HEADS, first, at[token], 0, HEADS);
        }
        return attended;
    }

    private Floats rotations(int[] at) {
        float[] rotations = new float[at.length * HEAD_SIZE];
        for (int i = 0; i < rotations.length; i += 2) {
            double angle = at[i / HEAD_SIZE] * Math.pow(0.5, i % HEAD_SIZE / 4.0);
            rotations[i] = (float) Math.cos(angle);
            rotations[i + 1] = (float) Math.sin(angle);
        }
        return Floats.copyOf(rotations);
    }

    private Floats floats(int size) {
        return Floats.copyOf(ExpertsTest.floats(random, size, 1).toHeapArray());
    }

    private static FloatArray array(Floats floats) {
        return FloatArray.fromArray(floats.toArray(0, Math.toIntExact(floats.size())));
    }
}
