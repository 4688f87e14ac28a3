package dev.herd.kernels.tornado;

import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.device.Encoder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The kernels of an encoder in the order in which they run, with the weights that they take, as the package's description
 * draws them. Grids are for a bucket of tiles.
 */
final class EncoderCalls {
    private static final int ROWS = Step.TILE_ROWS;
    private static final int TOKENS = Step.IMAGE_TOKENS;
    private static final int ADDS = 1;
    private static final int SETS = 0;

    private final Encoder encoder;
    private final Encoder.Sizes sizes;
    private final int size;
    private final TileBuffers buffers;
    private final ArraySource memory;
    private final ProductCalls products;

    EncoderCalls(Encoder encoder, TileBuffers buffers, ArraySource memory) {
        this.encoder = encoder;
        this.sizes = encoder.sizes();
        this.size = sizes.hiddenSize();
        this.buffers = buffers;
        this.memory = memory;
        this.products = new ProductCalls(buffers.step, buffers.halves);
    }

    /** Pixels to residual stream, each layer, and residual stream to embeddings. */
    List<EncoderPart> parts() {
        List<EncoderPart> parts = new ArrayList<>();
        parts.add(begin());
        encoder.layers().forEach(layer -> parts.add(layer(layer)));
        parts.add(end());
        return parts;
    }

    /** What gives every array of the scratch memory its place on the device. */
    List<KernelCall> reservation() {
        return buffers.scratch().stream()
                .map(array -> array instanceof FloatArray floats
                        ? KernelCall.of(
                                "Reservation.floats",
                                tiles -> Reservation.grid(),
                                Reservation::floats,
                                buffers.step,
                                floats)
                        : KernelCall.of(
                                "Reservation.ints",
                                tiles -> Reservation.grid(),
                                Reservation::ints,
                                buffers.step,
                                (IntArray) array))
                .toList();
    }

    /** The embedded patches are made in {@code normed}: no kernel may take an array twice, as a norm in place would. */
    private EncoderPart begin() {
        EncoderPart part = new EncoderPart(memory);
        part.add(KernelCall.of(
                "Vision.unfold",
                elements(sizes.patchValues(), ROWS),
                Vision::unfold,
                buffers.step,
                buffers.wide,
                buffers.pixels,
                sizes.gridSize(),
                sizes.patchSize()));
        prepare(part, buffers.wide, sizes.patchValues(), ROWS);
        matMul(part, buffers.normed, buffers.wide, encoder.patchProj(), ROWS, SETS);
        part.add(KernelCall.of(
                "Vision.embed",
                elements(size, ROWS),
                Vision::embed,
                buffers.step,
                buffers.normed,
                part.bring(encoder.positions()),
                part.bring(encoder.classEmbedding()),
                size,
                sizes.tileRows()));
        norm(part, buffers.hidden, buffers.normed, encoder.preNorm());
        return part;
    }

    private EncoderPart layer(Encoder.Layer layer) {
        EncoderPart part = new EncoderPart(memory);
        norm(part, buffers.normed, buffers.hidden, layer.attentionNorm());
        prepare(part, buffers.normed, size, ROWS);
        linear(part, buffers.query, buffers.normed, layer.queryProj(), SETS);
        linear(part, buffers.key, buffers.normed, layer.keyProj(), SETS);
        linear(part, buffers.value, buffers.normed, layer.valueProj(), SETS);
        turn(part, buffers.query);
        turn(part, buffers.key);
        part.add(attend());
        prepare(part, buffers.normed, size, ROWS);
        linear(part, buffers.hidden, buffers.normed, layer.outputProj(), ADDS);
        norm(part, buffers.normed, buffers.hidden, layer.ffnNorm());
        prepare(part, buffers.normed, size, ROWS);
        linear(part, buffers.wide, buffers.normed, layer.ffnIn(), SETS);
        gelu(part, buffers.wide, encoder.ffnSize(), ROWS);
        prepare(part, buffers.wide, encoder.ffnSize(), ROWS);
        linear(part, buffers.hidden, buffers.wide, layer.ffnOut(), ADDS);
        return part;
    }

    private KernelCall attend() {
        HalfBuffers halves = buffers.halves;
        if (halves == null || !MmaVision.takes(sizes.headSize())) {
            return KernelCall.of(
                    "Vision.attend",
                    tiles -> Vision.attendGrid(sizes.headCount(), count(tiles, ROWS)),
                    Vision::attend,
                    buffers.step,
                    buffers.normed,
                    buffers.query,
                    buffers.key,
                    buffers.value,
                    sizes.headCount(),
                    sizes.headSize(),
                    sizes.tileRows());
        }
        int strands = MmaVision.strands(sizes.headCount(), sizes.maxTiles(), sizes.tileRows());
        return KernelCall.of(
                "MmaVision.attend",
                tiles -> MmaVision.grid(sizes.headCount(), tiles, sizes.tileRows(), strands),
                MmaVision::attend,
                buffers.step,
                buffers.normed,
                halves.products,
                buffers.query,
                buffers.key,
                buffers.value,
                sizes.headCount(),
                sizes.headSize(),
                sizes.tileRows(),
                strands);
    }

    private EncoderPart end() {
        EncoderPart part = new EncoderPart(memory);
        norm(part, buffers.normed, buffers.hidden, encoder.postNorm());
        part.add(KernelCall.of(
                "Vision.mergePatches",
                elements(sizes.mergedSize(), TOKENS),
                Vision::mergePatches,
                buffers.step,
                buffers.wide,
                buffers.normed,
                sizes.gridSize(),
                sizes.shuffleFactor(),
                size));
        prepare(part, buffers.wide, sizes.mergedSize(), TOKENS);
        matMul(part, buffers.adapted, buffers.wide, encoder.adapterIn(), TOKENS, SETS);
        gelu(part, buffers.adapted, encoder.adapterIn().rows(), TOKENS);
        prepare(part, buffers.adapted, encoder.adapterIn().rows(), TOKENS);
        matMul(part, buffers.adaptedTwice, buffers.adapted, encoder.adapterOut(), TOKENS, SETS);
        gelu(part, buffers.adaptedTwice, encoder.adapterOut().rows(), TOKENS);
        prepare(part, buffers.adaptedTwice, encoder.adapterOut().rows(), TOKENS);
        matMul(part, buffers.projected, buffers.adaptedTwice, encoder.projector(), TOKENS, SETS);
        return part;
    }

    private void norm(EncoderPart part, FloatArray out, FloatArray x, Encoder.Norm norm) {
        part.add(KernelCall.of(
                "Norms.layerNorm",
                tiles -> Norms.grid(count(tiles, ROWS)),
                Norms::layerNorm,
                buffers.step,
                out,
                x,
                part.bring(norm.weight()),
                part.bring(norm.bias()),
                sizes.normEpsilon(),
                size,
                ROWS));
    }

    private void linear(EncoderPart part, FloatArray out, FloatArray x, Encoder.Linear linear, int adds) {
        matMul(part, out, x, linear.weight(), ROWS, adds);
        int width = linear.weight().rows();
        part.add(KernelCall.of(
                "Elements.addBias",
                elements(width, ROWS),
                Elements::addBias,
                buffers.step,
                out,
                part.bring(linear.bias()),
                width,
                ROWS));
    }

    private void prepare(EncoderPart part, FloatArray x, int columns, int countAt) {
        products.prepare(part.calls, x, columns, 1, countAt, tiles -> count(tiles, countAt));
    }

    private void matMul(EncoderPart part, FloatArray out, FloatArray x, WeightMatrix weights, int countAt, int adds) {
        products.matMul(part.calls, out, x, part.bring(weights), countAt, tiles -> count(tiles, countAt), adds);
    }

    private void turn(EncoderPart part, FloatArray x) {
        part.add(KernelCall.of(
                "Vision.turnPairs",
                elements(size / 2, ROWS),
                Vision::turnPairs,
                buffers.step,
                x,
                buffers.rotations,
                size,
                sizes.headSize(),
                sizes.tileRows()));
    }

    private void gelu(EncoderPart part, FloatArray x, int width, int countAt) {
        part.add(KernelCall.of(
                "Elements.gelu", elements(width, countAt), Elements::gelu, buffers.step, x, width, countAt));
    }

    private IntFunction<WorkerGrid> elements(int width, int countAt) {
        return tiles -> Elements.grid(count(tiles, countAt), width);
    }

    private int count(int tiles, int countAt) {
        return Math.multiplyExact(tiles, countAt == ROWS ? sizes.tileRows() : sizes.tokensPerTile());
    }
}
