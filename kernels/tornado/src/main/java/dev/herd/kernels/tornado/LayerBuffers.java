package dev.herd.kernels.tornado;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.device.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The weights of one layer for the device. */
final class LayerBuffers {
    final Decoder.Layer layer;
    final IntArray unit; // [1]
    final FloatArray attentionNorm;
    final FloatArray ffnNorm;
    final DeviceMatrix query;
    final DeviceMatrix key;
    final DeviceMatrix value;
    final DeviceMatrix output;
    final Projections ffn;
    final @Nullable Routed experts;

    LayerBuffers(Decoder.Layer layer, ArraySource memory) {
        this.layer = layer;
        unit = memory.ints(1);
        unit.set(0, layer.unit());
        attentionNorm = memory.copy(layer.attentionNorm());
        ffnNorm = memory.copy(layer.ffnNorm());
        query = DeviceMatrix.of(layer.queryProj(), memory);
        key = DeviceMatrix.of(layer.keyProj(), memory);
        value = DeviceMatrix.of(layer.valueProj(), memory);
        output = DeviceMatrix.of(layer.outputProj(), memory);
        ffn = projections(List.of(layer.ffn()), memory);
        Decoder.Experts routed = layer.experts();
        experts = routed == null
                ? null
                : new Routed(DeviceMatrix.of(routed.router(), memory), projections(routed.ffns(), memory));
    }

    private static Projections projections(List<Decoder.Ffn> ffns, ArraySource memory) {
        return new Projections(
                matrix(ffns, Decoder.Ffn::gateProj, memory),
                matrix(ffns, Decoder.Ffn::upProj, memory),
                matrix(ffns, Decoder.Ffn::downProj, memory));
    }

    private static DeviceMatrix matrix(
            List<Decoder.Ffn> ffns, Function<Decoder.Ffn, WeightMatrix> which, ArraySource memory) {
        return DeviceMatrix.of(ffns.stream().map(which).toList(), memory);
    }

    private List<DeviceMatrix> matrices() {
        Stream<DeviceMatrix> all = Stream.of(query, key, value, output, ffn.gate, ffn.up, ffn.down);
        return experts == null
                ? all.toList()
                : Stream.concat(all, Stream.of(experts.router, experts.ffns.gate, experts.ffns.up, experts.ffns.down))
                        .toList();
    }

    /** All of them. */
    List<Object> arrays() {
        List<Object> arrays = new ArrayList<>(List.of(unit, attentionNorm, ffnNorm));
        matrices().forEach(matrix -> arrays.add(matrix.array()));
        return arrays;
    }

    /** Reads the checkpoint. */
    void pack(Kernels kernels) {
        matrices().forEach(matrix -> matrix.pack(kernels));
    }

    /** Bytes of all matrices. */
    long bytes() {
        return matrices().stream()
                .mapToLong(matrix -> matrix.array().getNumBytesOfSegmentWithHeader())
                .sum();
    }

    /** Forgets the host's side, once it is on the device. */
    void release(HostMemory memory) {
        matrices().forEach(matrix -> memory.release(matrix.array()));
    }

    /** The matrices of a gated feed-forward part, or of those of all experts. */
    record Projections(DeviceMatrix gate, DeviceMatrix up, DeviceMatrix down) {}

    /** Router and experts. */
    record Routed(DeviceMatrix router, Projections ffns) {}
}
