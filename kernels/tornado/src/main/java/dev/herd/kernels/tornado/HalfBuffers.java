package dev.herd.kernels.tornado;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What products on matrix units need beside their inputs and outputs; it stays on the device between kernels. */
final class HalfBuffers {
    /** Scratch memory of a product, {@link MmaMatMul#products}, or of attention, {@link AttentionTile#sums}. */
    final FloatArray products;

    private final ArraySource memory;
    private final IdentityHashMap<FloatArray, Input> inputs = new IdentityHashMap<>();
    private final List<Object> arrays = new ArrayList<>();

    /** @param size elements of {@link #products} */
    HalfBuffers(ArraySource memory, long size) {
        this.memory = memory;
        products = memory.floats(size);
        arrays.add(products);
    }

    /** Memory for the halves of {@code sources}, one of which is in use at a time. */
    HalfBuffers with(long rows, long words, List<FloatArray> sources) {
        Input input = new Input(memory.ints(words), memory.floats(rows));
        arrays.add(input.halves);
        arrays.add(input.scales);
        sources.forEach(source -> inputs.put(source, input));
        return this;
    }

    /** Where the halves of {@code source} are. */
    Input of(FloatArray source) {
        Input input = inputs.get(source);
        if (input == null) {
            throw new IllegalArgumentException("there is no memory for the halves of these inputs");
        }
        return input;
    }

    /** All of them. */
    List<Object> arrays() {
        return arrays;
    }

    /**
     * Inputs of a product as halves.
     *
     * @param halves {@code [rows, HalfInputs.rowWords(columns)]}
     * @param scales {@code [rows]}
     */
    record Input(IntArray halves, FloatArray scales) {}
}
