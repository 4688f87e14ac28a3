package dev.herd.kernels;

import static dev.herd.kernels.KernelCases.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the key/value cache must hold and what attention over it must be; tolerances as docs/adr/0003 states them. */
public interface AttentionContract {
    /** Largest error of attention, as a share of the largest magnitude among the values. */
    double ATTENTION_TOLERANCE = 1e-5;

    /** The kernels under test. */
    Kernels kernels();

    @ParameterizedTest(name = "{0}, {1} kv heads of {2}, {3} heads per kv head, blocks of {4}, [{5}, {6}]")
    @CsvSource({
        "F32, 1,   8, 1,   1,   0,    0",
        "F32, 2,  10, 1,   4,   0,   12",
        "F32, 2, 128, 5,  16,   0,   63",
        "F16, 8, 128, 5,  16,   0,   64",
        "F16, 2,  64, 2,   3,   5,   77",
        "F32, 3,  88, 1, 100,   0,  257",
        "F16, 1, 128, 5,  32, 992, 1021",
        "F32, 1,  16, 3,   7,  49,   49",
        "F16, 1,  32, 2, 256,   0, 1500",
        "Q8_0, 1,  32, 1,   1,   0,    0",
        "Q8_0, 2,  32, 3,   4,   0,   12",
        "Q8_0, 3,  64, 1,   7,  49,   49",
        "Q8_0, 8, 128, 5,  16,   0,   63",
        "Q8_0, 2, 128, 5,  16,   3,   64",
        "Q8_0, 1,  96, 7,   3,   5,   77",
        "Q8_0, 1, 256, 9,  32, 992, 1021",
    })
    default void attendAgreesOverScatteredBlocks(
            TensorType type, int kvHeads, int headSize, int groupSize, int blockSize, int first, int last) {
        try (KvCase kv = new KvCase(new KvShape(kvHeads, headSize, blockSize, type), last + 1, 11)) {
            kv.fill(kernels(), 1, 1);
            int heads = kvHeads * groupSize;
            Floats query = normal(kv.random, 2L * heads * headSize, 1);
            kv.dropBefore(first);

            checkAttention(kv, query, heads, first, last);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "Q8_0"})
    default void attendIsStableWhenScoresAreLarge(TensorType type) {
        try (KvCase kv = new KvCase(new KvShape(1, 64, 16, type), 200, 12)) {
            kv.fill(kernels(), 30, 1);
            Floats query = normal(kv.random, 2 * 2 * 64, 30);

            checkAttention(kv, query, 2, 0, 199);
        }
    }

    @Test
    default void attendIsTheMeanOfTheValuesWhenScoresAreEqual() {
        try (KvCase kv = new KvCase(new KvShape(1, 8, 4, TensorType.F32), 10, 13)) {
            kv.fill(kernels(), 0, 1);
            Floats out = KernelCases.untouched(8);

            kernels().attend(out, normal(kv.random, 8, 1), kv.view, 0, 1, 2, 9, 0, 1);

            for (int i = 0; i < 8; i++) {
                double mean = 0;
                for (int position = 2; position < 10; position++) {
                    mean += kv.stored(0, position, i, true) / 8;
                }
                assertThat((double) out.get(i)).isCloseTo(mean, within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 10", "F16, 10", "F32, 128", "F16, 128", "Q8_0, 32", "Q8_0, 64", "Q8_0, 96", "Q8_0, 256"})
    default void storedKeysAndValuesLieWhereTheShapeSays(TensorType type, int headSize) {
        try (KvCase kv = new KvCase(new KvShape(3, headSize, 4, type), 9, 14)) {
            Floats keys = normal(kv.random, 2L * 3 * headSize, 1);
            Floats values = normal(kv.random, 2L * 3 * headSize, 100);

            checkStored(kv, keys, values);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "Q8_0"})
    default void extremeKeysAndValuesAreStoredAsWell(TensorType type) {
        float[] extremes = {0, -0f, 65504, -65504, 1e-7f, -3e-6f, 5e-5f, 1e-30f, 0.5f / 127, -127.5f, 127, 1e-38f};
        int headSize = 32;
        try (KvCase kv = new KvCase(new KvShape(3, headSize, 4, type), 9, 15)) {
            Floats keys = Floats.allocate(Arena.ofAuto(), 2L * 3 * headSize);
            Floats values = Floats.allocate(Arena.ofAuto(), 2L * 3 * headSize);
            for (int i = 0; i < keys.size(); i++) {
                keys.set(i, extremes[i * 7 % extremes.length]); // every group has the largest
                values.set(i, extremes[(i / headSize * 5 + i % 3) % extremes.length]); // few in each
            }

            checkStored(kv, keys, values);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "Q8_0"})
    default void attendReadsExtremeKeysAndValues(TensorType type) {
        try (KvCase kv = new KvCase(new KvShape(1, 64, 3, type), 40, 16)) {
            Floats keys = Floats.allocate(Arena.ofAuto(), 2 * 64);
            Floats values = Floats.allocate(Arena.ofAuto(), 2 * 64);
            for (int position = 0; position < 40; position++) {
                for (int i = 64; i < 128; i++) {
                    keys.set(i, (i + position) % 5 == 0 ? 60_000 : -1e-6f * i);
                    values.set(i, (i * position) % 7 == 0 ? 1e-7f : (i - position) * 300f);
                }
                kernels().storeKeyValue(kv.view, position, keys, values, 1);
            }
            kv.largestValue = 128 * 300;
            Floats query = normal(kv.random, 2 * 64, 1);

            checkAttention(kv, query, 1, 0, 39);
        }
    }

    /** Stores row 1 at position 6 and compares every element of it, and that no other byte has changed. */
    private void checkStored(KvCase kv, Floats keys, Floats values) {
        KvShape shape = kv.view.shape();
        int rowSize = shape.kvHeadCount() * shape.headSize();
        byte[][] before = kv.contents();

        kernels().storeKeyValue(kv.view, 6, keys, values, 1);

        for (int i = 0; i < rowSize; i++) {
            int head = i / shape.headSize();
            int inHead = i % shape.headSize();
            assertThat(kv.stored(head, 6, inHead, false))
                    .as("key %d", i)
                    .isCloseTo(keys.get(rowSize + i), within(storeTolerance(keys, rowSize + i, shape.type())));
            assertThat(kv.stored(head, 6, inHead, true))
                    .as("value %d", i)
                    .isCloseTo(values.get(rowSize + i), within(storeTolerance(values, rowSize + i, shape.type())));
        }
        assertThat(kv.changesOutside(6, before)).isZero();
    }

    /** F16 rounds; Q8_0 has 127 steps each way in a group, and a scale that is a half and may be a denormal one. */
    private static double storeTolerance(Floats row, int i, TensorType type) {
        double magnitude = Math.abs(row.get(i));
        return switch (type) {
            case F32 -> 0;
            case F16 -> Math.max(0x1p-11 * magnitude, 0x1p-25);
            default -> {
                double largest = 0;
                for (int k = i - i % 32; k < i - i % 32 + 32; k++) {
                    largest = Math.max(largest, Math.abs(row.get(k)));
                }
                yield largest / 254 * (1 + 0x1p-9) + 127 * 0x1p-25;
            }
        };
    }

    private void checkAttention(KvCase kv, Floats query, int heads, int first, int last) {
        int headSize = kv.view.shape().headSize();
        Floats out = KernelCases.untouched(2L * heads * headSize);
        int fromHead = heads / 3;

        kernels().attend(out, query, kv.view, 1, heads, first, last, fromHead, heads);

        for (int head = 0; head < 2 * heads; head++) {
            boolean isInRange = head >= heads + fromHead;
            double[] expected = isInRange ? kv.attention(query, head, heads, first, last) : new double[headSize];
            for (int i = 0; i < headSize; i++) {
                float got = out.get((long) head * headSize + i);
                if (isInRange) {
                    assertThat((double) got)
                            .as("head %d, element %d", head - heads, i)
                            .isCloseTo(expected[i], within(ATTENTION_TOLERANCE * kv.largestValue));
                } else {
                    assertThat(got).as("head %d is outside", head).isNaN();
                }
            }
        }
    }

    /** A cache of one layer among others: blocks in random order, several units per step, an offset into the block. */
    final class KvCase implements AutoCloseable {
        private static final int STRIDE = 3;
        private static final int UNIT = 1;
        private static final int OFFSET = 24;

        final Random random;
        final KvMemory memory;
        final KvView view;
        final int positions;
        double largestValue;

        KvCase(KvShape shape, int positions, long seed) {
            this.random = new Random(seed);
            this.positions = positions;
            int count = (positions + shape.blockSize() - 1) / shape.blockSize() * STRIDE;
            this.memory = new KvMemory(shape.layerBytes() + OFFSET + 8, count);
            int[] ids = new int[count];
            for (int i = 0; i < count; i++) {
                int other = random.nextInt(i + 1);
                ids[i] = ids[other];
                ids[other] = i;
                memory.ensure(i);
                byte[] noise = new byte[Math.toIntExact(memory.block(i).byteSize())];
                random.nextBytes(noise);
                MemorySegment.copy(noise, 0, memory.block(i), ValueLayout.JAVA_BYTE, 0, noise.length);
            }
            this.view = new KvView(shape, memory, ids, STRIDE, UNIT, OFFSET);
        }

        /** Stores random keys and values at every position. */
        void fill(Kernels kernels, double keyDeviation, double valueDeviation) {
            long size = (long) view.shape().kvHeadCount() * view.shape().headSize();
            for (int position = 0; position < positions; position++) {
                Floats keys = normal(random, 2 * size, keyDeviation);
                Floats values = normal(random, 2 * size, valueDeviation);
                for (long i = size; i < 2 * size; i++) {
                    largestValue = Math.max(largestValue, Math.abs(values.get(i)));
                }
                kernels.storeKeyValue(view, position, keys, values, 1);
            }
        }

        /** Makes blocks unreachable that hold no position from {@code first} on. */
        void dropBefore(int first) {
            Arrays.fill(view.ids(), 0, first / view.shape().blockSize() * STRIDE, -1);
        }

        byte[][] contents() {
            byte[][] contents = new byte[view.ids().length][];
            for (int id = 0; id < contents.length; id++) {
                contents[id] = memory.block(id).toArray(ValueLayout.JAVA_BYTE);
            }
            return contents;
        }

        /** Bytes that have changed, but for those of the keys and values of {@code position}. */
        int changesOutside(int position, byte[][] before) {
            KvShape shape = view.shape();
            long headBytes = shape.type().bytes(shape.headSize());
            byte[][] now = contents();
            int own = view.ids()[position / shape.blockSize() * STRIDE + UNIT];
            int changed = 0;
            for (int id = 0; id < now.length; id++) {
                for (int at = 0; at < now[id].length; at++) {
                    long slot = Math.floorDiv(at - OFFSET, headBytes);
                    boolean isRow = at >= OFFSET
                            && slot < 2L * shape.kvHeadCount() * shape.blockSize()
                            && slot % shape.blockSize() == position % shape.blockSize();
                    changed += now[id][at] == before[id][at] || (id == own && isRow) ? 0 : 1;
                }
            }
            return changed;
        }

        /** What lies in the cache, found by the definition of {@link KvShape} and {@link KvView}. */
        double stored(int kvHead, int position, int i, boolean isValue) {
            KvShape shape = view.shape();
            int id = view.ids()[position / shape.blockSize() * STRIDE + UNIT];
            long headBytes = (long) shape.headSize()
                    / shape.type().quantGroupSize()
                    * shape.type().quantGroupBytes();
            long slot = (long) kvHead * shape.blockSize() + position % shape.blockSize();
            long part = isValue ? (long) shape.kvHeadCount() * shape.blockSize() : 0;
            return ReferenceFormats.element(shape.type(), memory.block(id), OFFSET + (part + slot) * headBytes, i);
        }

        double[] attention(Floats query, int head, int heads, int first, int last) {
            int headSize = view.shape().headSize();
            int kvHead = head % heads / (heads / view.shape().kvHeadCount());
            double[] scores = new double[last + 1];
            double largest = Double.NEGATIVE_INFINITY;
            for (int position = first; position <= last; position++) {
                for (int i = 0; i < headSize; i++) {
                    scores[position] += query.get((long) head * headSize + i) * stored(kvHead, position, i, false);
                }
                scores[position] /= Math.sqrt(headSize);
                largest = Math.max(largest, scores[position]);
            }
            double[] sum = new double[headSize];
            double weights = 0;
            for (int position = first; position <= last; position++) {
                double weight = Math.exp(scores[position] - largest);
                weights += weight;
                for (int i = 0; i < headSize; i++) {
                    sum[i] += weight * stored(kvHead, position, i, true);
                }
            }
            for (int i = 0; i < headSize; i++) {
                sum[i] /= weights;
            }
            return sum;
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
