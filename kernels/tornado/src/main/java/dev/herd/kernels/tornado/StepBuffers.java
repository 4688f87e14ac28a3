package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.DecoderStep.ImageRows;
import dev.herd.kernels.device.DecoderStep.SequenceBlocks;
import java.lang.foreign.MemorySegment;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** The arrays that go to the device with every step, and how a {@link DecoderStep} is written into them. */
final class StepBuffers {
    final IntArray step;
    final IntArray places;
    final IntArray tables;
    final FloatArray rotations;
    final FloatArray factors;
    final FloatArray noImages; // [1, hiddenSize], for steps without pictures, which need not send any
    final FloatArray images; // [maxTokens, hiddenSize], or those, in a model that sees none
    final IntArray logitStep;
    final IntArray logitPlaces;
    final FloatArray temperatures; // [logitWindow]

    private final Decoder.Sizes sizes;
    private final Decoder.Cache cache;
    private final int runLength; // of tokens that attend together
    private final int manyRunLength; // the same in steps of many
    private final int mostAlone; // tokens that attend alone in steps of many

    /** @param memory where pages of arrays are no other array's, so that they can be locked */
    StepBuffers(Decoder decoder, int logitWindow, Capabilities capabilities, ArraySource memory) {
        sizes = decoder.sizes();
        cache = decoder.cache();
        runLength = RunAttention.runLength(
                sizes.headCount(), cache.shape().kvHeadCount(), cache.shape().headSize());
        int halvesRunLength = AttentionCalls.runLengthOnMatrixUnits(decoder, capabilities);
        manyRunLength = halvesRunLength == 0 ? runLength : halvesRunLength;
        mostAlone = AttentionCalls.mostAlone(decoder, capabilities);
        step = memory.ints(Step.SIZE);
        places = memory.ints((long) sizes.maxTokens() * Step.PLACE);
        tables = memory.ints(Math.max(1, cache.tableEntries()));
        rotations = memory.floats((long) sizes.maxTokens() * cache.shape().headSize());
        factors = memory.floats(sizes.maxTokens());
        noImages = memory.floats(sizes.hiddenSize());
        images = sizes.seesImages() ? memory.floats((long) sizes.maxTokens() * sizes.hiddenSize()) : noImages;
        logitStep = memory.ints(Step.SIZE);
        logitPlaces = memory.ints((long) logitWindow * Step.PLACE);
        temperatures = memory.floats(logitWindow);
    }

    /** What graphs take over from the first one of a step. */
    List<Object> arrays() {
        return List.of(step, places, tables, rotations, factors);
    }

    /** All that goes to the device again and again. */
    List<TornadoNativeArray> sent() {
        return List.of(step, places, tables, rotations, factors, images, logitStep, logitPlaces, temperatures);
    }

    /** A step without tokens, in which kernels do nothing. */
    void writeNothing() {
        step.init(0);
        logitStep.init(0);
    }

    void write(DecoderStep next) {
        int tokens = next.tokens();
        if (tokens > sizes.maxTokens()) {
            throw new IllegalArgumentException(
                    "a step of " + tokens + " tokens exceeds the limit of " + sizes.maxTokens());
        }
        step.set(Step.TOKENS, tokens);
        int[][] starts = writeTables(next.sequences());
        for (int token = 0; token < tokens; token++) {
            int place = token * Step.PLACE;
            int sequence = next.sequenceOf()[token];
            places.set(place + Step.TOKEN_ID, next.tokenIds()[token]);
            places.set(place + Step.POSITION, next.positions()[token]);
            places.set(place + Step.LOCAL_FIRST, next.localFirst()[token]);
            places.set(place + Step.LOCAL_TABLE, starts[sequence][0]);
            places.set(place + Step.GLOBAL_TABLE, starts[sequence][1]);
            places.set(place + Step.IMAGE_ROW, -1);
        }
        boolean isFew = tokens <= TaskGraphs.FEW;
        Step.writeRuns(step, places, next.sequenceOf(), isFew ? runLength : manyRunLength, isFew ? 0 : mostAlone);
        copy(next.rotations(), rotations, (long) tokens * cache.shape().headSize());
        copy(next.queryFactors(), factors, tokens);
        writeImages(next.images());
    }

    /**
     * Only what can be attended to is copied: the table of LOCAL layers starts where its first entry would be, possibly
     * before the array.
     */
    private int[][] writeTables(List<SequenceBlocks> sequences) {
        int[][] starts = new int[sequences.size()][2];
        int end = 0;
        for (int i = 0; i < sequences.size(); i++) {
            SequenceBlocks blocks = sequences.get(i);
            int steps = Math.ceilDiv(blocks.length(), cache.shape().blockSize());
            int from = blocks.localFrom() / cache.shape().blockSize() * cache.localBlocks();
            starts[i][0] = end - from;
            end = append(end, blocks.local(), from, steps * cache.localBlocks());
            starts[i][1] = end;
            end = append(end, blocks.global(), 0, steps * cache.globalBlocks());
        }
        return starts;
    }

    private int append(int at, int[] ids, int from, int to) {
        if (at + to - from > tables.getSize()) {
            throw new IllegalStateException("the sequences of a step have more than " + tables.getSize() + " blocks");
        }
        for (int i = from; i < to; i++) {
            tables.set(at + i - from, ids[i]);
        }
        return at + to - from;
    }

    private void writeImages(List<ImageRows> parts) {
        int row = 0;
        for (ImageRows part : parts) {
            int size = sizes.hiddenSize();
            MemorySegment.copy(
                    MemorySegment.ofArray(part.rows()),
                    4L * part.firstRow() * size,
                    images.getSegment(),
                    4L * row * size,
                    4L * part.count() * size);
            for (int i = 0; i < part.count(); i++) {
                places.set((part.token() + i) * Step.PLACE + Step.IMAGE_ROW, row++);
            }
        }
    }

    /** Asks for the logits of {@code count} tokens, and for what is wished for of them. */
    void writeLogitRows(int[] tokens, List<Wish> wishes, int from, int count) {
        writeRows(tokens, from, count);
        for (int row = 0; row < count; row++) {
            Wish wish = wishes.get(from + row);
            logitPlaces.set(row * Step.PLACE + Step.CANDIDATES, wish.count());
            temperatures.set(row, wish.temperature());
        }
    }

    /** Asks for {@code count} rows of some array. */
    void writeRows(int[] rows, int from, int count) {
        logitStep.set(Step.LOGIT_ROWS, count);
        for (int row = 0; row < count; row++) {
            logitPlaces.set(row * Step.PLACE + Step.LOGIT_TOKEN, rows[from + row]);
        }
    }

    private static void copy(Floats from, FloatArray to, long count) {
        MemorySegment.copy(from.segment(), 0, to.getSegment(), 0, Float.BYTES * count);
    }
}
