package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedEncoder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;

/** An encoder as task graphs of one plan. Weights and activations stay on the device; pixels come, embeddings go. */
final class GraphEncoder implements LoadedEncoder {
    private final Encoder encoder;
    private final HostMemory memory = new HostMemory();
    private final EncoderPlan graphs;
    private final TornadoExecutionPlan plan;
    private final Map<Integer, GridScheduler> grids = new HashMap<>(); // by bucket
    private final Floats embeddings; // [maxTiles * tokensPerTile, textSize]

    GraphEncoder(Encoder encoder, KernelLibrary library) {
        this.encoder = encoder;
        try {
            graphs = new EncoderPlan(encoder, library, memory);
            library.prepare(graphs.graphs.calls());
            plan = new TornadoExecutionPlan(graphs.graphs.build());
            embeddings = Floats.allocate(Arena.ofAuto(), graphs.buffers.projected.getSize());
        } catch (RuntimeException | Error failure) {
            memory.close();
            throw failure;
        }
        try {
            start();
        } catch (RuntimeException | Error failure) {
            GraphDevice.closeAfter(failure, this);
            throw failure;
        }
    }

    /** Runs every graph once over no tiles, which brings the weights to the device, part after part. */
    private void start() {
        Kernels kernels = KernelsSelector.select(Optional.empty()).kernels();
        graphs.buffers.writeNothing();
        for (int graph : graphs.reservation) {
            run(graph, 1);
        }
        for (int i = 0; i < graphs.run.length; i++) {
            EncoderPart part = graphs.parts.get(i);
            part.pack(kernels);
            run(graphs.run[i], 1);
            part.release();
        }
    }

    @Override
    public Floats encode(List<Encoder.Tile> tiles) {
        graphs.buffers.write(tiles);
        try {
            int bucket = bucket(tiles.size());
            Results.await(graphs.buffers.projected);
            for (int part : graphs.run) {
                run(part, bucket);
            }
            Results.require(graphs.buffers.projected);
        } catch (RuntimeException | Error failure) {
            throw new DeviceLostException("the device failed: " + failure.getMessage(), failure);
        }
        long bytes = (long) Float.BYTES * tiles.size() * encoder.sizes().tokensPerTile() * encoder.textSize();
        MemorySegment.copy(graphs.buffers.projected.getSegment(), 0, embeddings.segment(), 0, bytes);
        return embeddings;
    }

    /** Grids are made for powers of two, so that there are few of them. */
    private int bucket(int tiles) {
        int power = Integer.highestOneBit(tiles);
        return Math.min(power < tiles ? 2 * power : power, encoder.sizes().maxTiles());
    }

    private void run(int graph, int bucket) {
        plan.withGraph(graph)
                .withGridScheduler(grids.computeIfAbsent(bucket, graphs.graphs::grids))
                .execute();
    }

    /** Gives the device's memory back, and the host's side. */
    @Override
    public void close() {
        try {
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new IllegalStateException(e);
        } finally {
            memory.close();
        }
    }
}
