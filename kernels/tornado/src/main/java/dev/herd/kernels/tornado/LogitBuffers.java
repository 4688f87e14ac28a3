package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Candidates;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What stays on the device behind the layers: logits, and the highest of each part of them. */
final class LogitBuffers {
    /** The most logits of a row that are found, and two sums. */
    private static final int VALUES = Candidates.MOST + Sampling.SUMS;

    final FloatArray logits; // [rows, vocabularySize]
    final FloatArray partValues; // [rows, parts, most + 2]
    final IntArray partIds; // [rows, parts, most]

    LogitBuffers(int vocabularySize, int rows, ArraySource memory) {
        long parts = (long) rows * Sampling.parts(vocabularySize);
        logits = memory.floats((long) rows * vocabularySize);
        partValues = memory.floats(parts * VALUES);
        partIds = memory.ints(parts * Candidates.MOST);
    }

    /** All of them, in a list that may grow. */
    List<Object> arrays() {
        return new ArrayList<>(List.of(logits, partValues, partIds));
    }

    /** What goes to the host of so many rows' logits. */
    static FloatArray values(int rows, ArraySource memory) {
        return memory.floats((long) rows * VALUES);
    }

    /** Their ids. */
    static IntArray ids(int rows, ArraySource memory) {
        return memory.ints((long) rows * Candidates.MOST);
    }
}
