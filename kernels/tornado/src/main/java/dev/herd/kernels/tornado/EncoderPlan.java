package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.tornado.DecoderGraphs.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All buffers of an encoder and the graphs over them. They run one after the other, always all of them, so that each takes
 * over from the one before, and the first from the last.
 */
final class EncoderPlan {
    final TileBuffers buffers;
    final List<EncoderPart> parts;
    final DecoderGraphs graphs;
    final int[] reservation; // [arrays]
    final int[][] run; // [parts][kernels]

    private final Map<String, String> names = new HashMap<>(); // by kernel
    private final List<Object> handed;
    private String before;

    EncoderPlan(Encoder encoder, KernelLibrary library, HostMemory memory) {
        graphs = new DecoderGraphs(library);
        buffers = new TileBuffers(encoder, memory);
        EncoderCalls calls = new EncoderCalls(encoder, buffers, memory);
        parts = calls.parts();
        handed = new ArrayList<>();
        List<KernelCall> reservations = calls.reservation();
        before = name(reservations.getLast());
        reservation = reserve(reservations);
        run = new int[parts.size()][];
        for (int i = 0; i < run.length; i++) {
            run[i] = add(parts.get(i));
        }
    }

    /** A graph for every array that gives it its place. */
    private int[] reserve(List<KernelCall> kernels) {
        int[] indexes = new int[kernels.size()];
        for (int k = 0; k < indexes.length; k++) {
            Object array = buffers.scratch().get(k);
            Draft draft = new Draft(name(kernels.get(k)), List.of(kernels.get(k)))
                    .brings(List.of(buffers.step))
                    .reserves(List.of(array))
                    .takes(Set.of(before), handed);
            handed.add(array);
            indexes[k] = graphs.add(draft.keeps(handed));
        }
        return indexes;
    }

    private int[] add(EncoderPart part) {
        int[] indexes = new int[part.calls.size()];
        for (int k = 0; k < indexes.length; k++) {
            KernelCall call = part.calls.get(k);
            List<Object> own = new ArrayList<>(part.weights);
            own.removeIf(weight -> !DecoderGraphs.holds(call.arguments(), weight));
            Draft draft = new Draft(name(call), List.of(call)).bringsOnce(own).takes(Set.of(before), handed);
            if (isFirst(part, k)) {
                draft.takes(Set.of(name(parts.getLast().calls.getLast())), handed)
                        .brings(buffers.batch());
                handed.addAll(buffers.batch());
            }
            if (isLast(part, k)) {
                draft.reserves(List.of(buffers.projected)).yields(List.of(buffers.projected));
            }
            indexes[k] = graphs.add(draft.keeps(handed).keeps(own));
            before = name(call);
        }
        return indexes;
    }

    private boolean isFirst(EncoderPart part, int kernel) {
        return part == parts.getFirst() && kernel == 0;
    }

    private boolean isLast(EncoderPart part, int kernel) {
        return part == parts.getLast() && kernel == part.calls.size() - 1;
    }

    /** Of graphs with the same kernel, the code of the first is that of all. */
    private String name(KernelCall call) {
        return names.computeIfAbsent(call.key(), key -> call.method() + names.size());
    }

    /** Bytes of all arrays on the device. */
    long bytes() {
        return buffers.bytes()
                + parts.stream()
                        .mapToLong(part -> DeviceMatrix.bytes(part.weights))
                        .sum();
    }
}
