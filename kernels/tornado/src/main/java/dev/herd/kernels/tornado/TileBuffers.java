package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Encoder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * What an encoder computes in: the arrays that go to the device with every batch of tiles, those that stay there between
 * kernels, and the one that comes back.
 */
final class TileBuffers {
    final IntArray step;
    final FloatArray pixels; // [tiles, 3, side, side]
    final FloatArray rotations; // [tileRows, headSize]
    final FloatArray hidden; // [rows, hiddenSize], the residual stream
    final FloatArray normed; // [rows, hiddenSize]
    final FloatArray query; // [rows, hiddenSize]
    final FloatArray key; // [rows, hiddenSize]
    final FloatArray value; // [rows, hiddenSize]
    final FloatArray wide; // [rows, ffnSize], or the unfolded patches, or the merged ones
    final FloatArray adapted; // [tokens, outputSize]
    final FloatArray adaptedTwice; // [tokens, outputSize]
    final FloatArray projected; // [tokens, textSize]
    final @Nullable HalfBuffers halves; // if the device has matrix units

    final Encoder.Sizes sizes;

    TileBuffers(Encoder encoder, Capabilities capabilities, ArraySource memory) {
        sizes = encoder.sizes();
        long rows = rows(sizes);
        long tokens = (long) sizes.maxTiles() * sizes.tokensPerTile();
        pixels = memory.floats((long) sizes.maxTiles() * sizes.tileValues());
        step = memory.ints(Step.SIZE);
        rotations = memory.copy(encoder.rotations());
        hidden = memory.floats(rows * sizes.hiddenSize());
        normed = memory.floats(rows * sizes.hiddenSize());
        query = memory.floats(rows * sizes.hiddenSize());
        key = memory.floats(rows * sizes.hiddenSize());
        value = memory.floats(rows * sizes.hiddenSize());
        wide = memory.floats(rows * widest(encoder));
        adapted = memory.floats(tokens * encoder.adapterIn().rows());
        adaptedTwice = memory.floats(tokens * encoder.adapterOut().rows());
        projected = memory.floats(tokens * encoder.textSize());
        halves = capabilities.hasMma()
                ? new HalfBuffers(memory, products(encoder))
                        .with(rows, halfWords(encoder), List.of(normed, wide, adapted, adaptedTwice))
                : null;
    }

    /** Elements of the scratch memory of products, and of attention. */
    private static long products(Encoder encoder) {
        Encoder.Sizes sizes = encoder.sizes();
        int strands = MmaVision.strands(sizes.headCount(), sizes.maxTiles(), sizes.tileRows());
        long tokens = (long) sizes.maxTiles() * sizes.tokensPerTile();
        int output = Math.max(
                Math.max(encoder.adapterIn().rows(), encoder.adapterOut().rows()), encoder.textSize());
        long ofProducts = Math.max(
                MmaMatMul.products(Math.max(sizes.hiddenSize(), encoder.ffnSize()), rows(sizes)),
                MmaMatMul.products(output, tokens));
        return MmaVision.takes(sizes.headSize())
                ? Math.max(ofProducts, MmaVision.sums(sizes.headCount(), sizes.headSize(), strands))
                : ofProducts;
    }

    /** Words of the halves of a product's inputs. */
    private static long halfWords(Encoder encoder) {
        Encoder.Sizes sizes = encoder.sizes();
        long tokens = (long) sizes.maxTiles() * sizes.tokensPerTile();
        int inner = Math.max(
                sizes.mergedSize(),
                Math.max(encoder.adapterIn().rows(), encoder.adapterOut().rows()));
        return Math.max(rows(sizes) * HalfInputs.rowWords(widest(encoder)), tokens * HalfInputs.rowWords(inner));
    }

    private static long rows(Encoder.Sizes sizes) {
        return (long) sizes.maxTiles() * sizes.tileRows();
    }

    /** Merged patches are as many elements as patches of the hidden size. */
    private static int widest(Encoder encoder) {
        Encoder.Sizes sizes = encoder.sizes();
        return Math.max(sizes.hiddenSize(), Math.max(encoder.ffnSize(), sizes.patchValues()));
    }

    /** What stays on the device between kernels. */
    List<Object> scratch() {
        List<Object> arrays = new ArrayList<>(List.of(hidden, normed, query, key, value, wide, adapted, adaptedTwice));
        if (halves != null) {
            arrays.addAll(halves.arrays());
        }
        return arrays;
    }

    /**
     * What goes to the device with every batch. The rotations never change, but TornadoVM gives an array that is brought once
     * no memory if no kernel of that first graph takes it.
     */
    List<Object> batch() {
        return List.of(step, pixels, rotations);
    }

    /** Those that are copied to the device or from there. */
    List<TornadoNativeArray> copied() {
        return List.of(step, pixels, rotations, projected);
    }

    /** A batch without tiles, in which kernels do nothing. */
    void writeNothing() {
        step.init(0);
    }

    void write(List<Encoder.Tile> tiles) {
        step.set(Step.TILE_ROWS, tiles.size() * sizes.tileRows());
        step.set(Step.IMAGE_TOKENS, tiles.size() * sizes.tokensPerTile());
        long tileBytes = (long) Float.BYTES * sizes.tileValues();
        for (int i = 0; i < tiles.size(); i++) {
            Encoder.Tile tile = tiles.get(i);
            MemorySegment.copy(
                    MemorySegment.ofArray(tile.values()),
                    (long) Float.BYTES * tile.first(),
                    pixels.getSegment(),
                    i * tileBytes,
                    tileBytes);
        }
    }
}
