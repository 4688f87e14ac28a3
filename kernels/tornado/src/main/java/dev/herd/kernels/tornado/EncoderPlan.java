package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.tornado.TaskGraphs.Draft;
import java.util.ArrayList;
import java.util.List;

/**
 * All buffers of an encoder and the graphs over them, one per part. They run one after the other, always all of them, so
 * that each takes over from the one before, and the first from the last.
 */
final class EncoderPlan {
    private static final String RESERVE = "reserve";
    private static final String PART = "part";

    final TileBuffers buffers;
    final List<EncoderPart> parts;
    final TaskGraphs graphs;
    final int[] reservation; // [arrays]
    final int[] run; // [parts]

    private final List<Object> handed = new ArrayList<>();

    EncoderPlan(Encoder encoder, KernelLibrary library, ArraySource memory) {
        graphs = new TaskGraphs(library);
        buffers = new TileBuffers(encoder, library.capabilities(), memory);
        EncoderCalls calls = new EncoderCalls(encoder, buffers, memory);
        parts = calls.parts();
        reservation = graphs.addReservation(RESERVE, calls.reservation(), buffers.step, buffers.scratch());
        handed.addAll(buffers.scratch());
        run = new int[parts.size()];
        for (int i = 0; i < run.length; i++) {
            run[i] = add(i);
        }
    }

    private int add(int index) {
        EncoderPart part = parts.get(index);
        Draft draft = new Draft(PART, part.calls).bringsOnce(part.weights).takes(List.of(PART), handed);
        if (index == 0) {
            draft.takes(List.of(RESERVE), handed).brings(buffers.batch());
            handed.addAll(buffers.batch());
        }
        if (index == parts.size() - 1) {
            draft.reserves(List.of(buffers.projected)).yields(List.of(buffers.projected));
        }
        return graphs.add(draft.keeps(handed).keeps(part.weights));
    }

    /** Kernels of all recordings: one of each bucket of tiles. */
    long recorded() {
        long kernels = 0;
        for (int part : run) {
            kernels += graphs.kernels(part);
        }
        return kernels * GraphPlan.buckets(buffers.sizes.maxTiles()).size();
    }
}
