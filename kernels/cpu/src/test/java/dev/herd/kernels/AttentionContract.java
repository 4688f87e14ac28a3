package dev.herd.kernels;

import static dev.herd.kernels.KernelCases.normal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @Test
    default void attendIsStableWhenScoresAreLarge() {
        try (KvCase kv = new KvCase(new KvShape(1, 64, 16, TensorType.F32), 200, 12)) {
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

    @Test
    default void storedKeysAndValuesLieWhereTheShapeSays() {
        for (TensorType type : new TensorType[] {TensorType.F32, TensorType.F16}) {
            try (KvCase kv = new KvCase(new KvShape(3, 10, 4, type), 9, 14)) {
                Floats keys = normal(kv.random, 2 * 3 * 10, 1);
                Floats values = normal(kv.random, 2 * 3 * 10, 1);
                byte[][] before = kv.contents();

                kernels().storeKeyValue(kv.view, 6, keys, values, 1);

                for (int i = 0; i < 30; i++) {
                    double tolerance = type == TensorType.F32 ? 0 : 0x1p-11;
                    float key = keys.get(30 + i);
                    float value = values.get(30 + i);
                    assertThat(kv.stored(i / 10, 6, i % 10, false)).isCloseTo(key, within(tolerance * Math.abs(key)));
                    assertThat(kv.stored(i / 10, 6, i % 10, true))
                            .isCloseTo(value, within(tolerance * Math.abs(value)));
                }
                assertThat(kv.changedElements(before)).isLessThanOrEqualTo(60);
            }
        }
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

        int changedElements(byte[][] before) {
            int size = view.shape().type().quantGroupBytes();
            byte[][] now = contents();
            int changed = 0;
            for (int id = 0; id < now.length; id++) {
                for (int at = 0; at < now[id].length; at += size) {
                    changed += Arrays.equals(now[id], at, at + size, before[id], at, at + size) ? 0 : 1;
                }
            }
            return changed;
        }

        /** What lies in the cache, found by the definition of {@link KvShape} and {@link KvView}. */
        double stored(int kvHead, int position, int i, boolean isValue) {
            KvShape shape = view.shape();
            int id = view.ids()[position / shape.blockSize() * STRIDE + UNIT];
            int size = shape.type().quantGroupBytes();
            long part = isValue ? (long) shape.kvHeadCount() * shape.blockSize() * shape.headSize() : 0;
            long slot = (long) kvHead * shape.blockSize() + position % shape.blockSize();
            long at = OFFSET + size * (part + slot * shape.headSize() + i);
            return ReferenceFormats.element(shape.type(), memory.block(id), at, 0);
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
