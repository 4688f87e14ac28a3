package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedEncoder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** An encoder as task graphs of one plan. Weights and activations stay on the device; pixels come, embeddings go. */
final class GraphEncoder implements LoadedEncoder {
    private final Encoder encoder;
    private final HostMemory memory = new HostMemory();
    private final EncoderPlan graphs;
    private final GraphPlan plan;
    private final Floats embeddings; // [maxTiles * tokensPerTile, textSize]

    GraphEncoder(Encoder encoder, KernelLibrary library, Optional<Recorder> recorder) {
        this.encoder = encoder;
        try {
            graphs = new EncoderPlan(encoder, library, memory);
            plan = new GraphPlan(graphs.graphs, recorder);
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
            plan.run(graph, 1);
        }
        for (int i = 0; i < graphs.run.length; i++) {
            EncoderPart part = graphs.parts.get(i);
            part.pack(kernels);
            plan.run(graphs.run[i], 1);
            part.release();
        }
        plan.lock(graphs.buffers.copied());
        int most = encoder.sizes().maxTiles();
        for (int tiles = 1; ; tiles = GraphPlan.bucket(tiles + 1, most)) {
            int bucket = tiles;
            plan.prepare(bucket, () -> run(bucket));
            if (tiles == most) {
                return;
            }
        }
    }

    private void run(int bucket) {
        for (int part : graphs.run) {
            plan.run(part, bucket);
        }
    }

    @Override
    public Floats encode(List<Encoder.Tile> tiles) {
        graphs.buffers.write(tiles);
        try {
            int bucket = GraphPlan.bucket(tiles.size(), encoder.sizes().maxTiles());
            Results.await(graphs.buffers.projected);
            plan.repeat(bucket, () -> run(bucket));
            Results.require(graphs.buffers.projected);
        } catch (RuntimeException | Error failure) {
            throw new DeviceLostException("the device failed: " + failure.getMessage(), failure);
        }
        long bytes = (long) Float.BYTES * tiles.size() * encoder.sizes().tokensPerTile() * encoder.textSize();
        MemorySegment.copy(graphs.buffers.projected.getSegment(), 0, embeddings.segment(), 0, bytes);
        return embeddings;
    }

    /** Gives the device's memory back, and the host's side. */
    @Override
    public void close() {
        try {
            plan.close();
        } finally {
            memory.close();
        }
    }
}
