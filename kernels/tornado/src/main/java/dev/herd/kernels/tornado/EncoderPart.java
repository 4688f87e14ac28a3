package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** A part of an encoder, such as a layer: kernels that run in a row, and the weights that they take. */
final class EncoderPart {
    final List<KernelCall> calls = new ArrayList<>();
    final List<Object> weights = new ArrayList<>();

    private final ArraySource memory;
    private final List<DeviceMatrix> matrices = new ArrayList<>();

    EncoderPart(ArraySource memory) {
        this.memory = memory;
    }

    /** The next kernel. */
    void add(KernelCall call) {
        calls.add(call);
    }

    /** A matrix for one of its kernels. */
    DeviceMatrix bring(WeightMatrix source) {
        DeviceMatrix matrix = DeviceMatrix.of(source, memory);
        matrices.add(matrix);
        weights.add(matrix.array());
        return matrix;
    }

    /** A norm, a bias or embeddings for one of its kernels. */
    FloatArray bring(Floats source) {
        FloatArray array = memory.copy(source);
        weights.add(array);
        return array;
    }

    /** Reads the checkpoint. */
    void pack(Kernels kernels) {
        matrices.forEach(matrix -> matrix.pack(kernels));
    }

    /** Bytes of all matrices. */
    long bytes() {
        return matrices.stream()
                .mapToLong(matrix -> matrix.array().getNumBytesOfSegmentWithHeader())
                .sum();
    }

    /** Forgets the host's side, once it is on the device. */
    void release(HostMemory host) {
        matrices.forEach(matrix -> host.release(matrix.array()));
    }
}
