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
import java.util.function.Consumer;

/** An encoder as task graphs of one plan. Weights and activations stay on the device; pixels come, embeddings go. */
final class GraphEncoder implements LoadedEncoder {
    private final Encoder encoder;
    private final Runnable whenClosed;
    private final HostMemory memory = new HostMemory();
    private final EncoderPlan graphs;
    final GraphPlan plan;
    private final Floats embeddings; // [maxTiles * tokensPerTile, textSize]

    /** @param whenClosed called once, when nothing of it is on the device any more */
    GraphEncoder(Encoder encoder, GraphDevice device, Consumer<String> log, Runnable whenClosed) {
        this.encoder = encoder;
        this.whenClosed = whenClosed;
        try {
            graphs = new EncoderPlan(encoder, device.library(), memory);
            plan = device.plan(graphs.graphs);
            embeddings = Floats.allocate(Arena.ofAuto(), graphs.buffers.projected.getSize());
        } catch (RuntimeException | Error failure) {
            memory.close();
            whenClosed.run();
            throw failure;
        }
        try {
            start(log);
        } catch (RuntimeException | Error failure) {
            GraphDevice.closeAfter(failure, this);
            throw failure;
        }
    }

    /** Runs every graph once over no tiles, which brings the weights to the device, part after part. */
    private void start(Consumer<String> log) {
        Kernels kernels = KernelsSelector.select(Optional.empty()).kernels();
        graphs.buffers.writeNothing();
        for (int graph : graphs.reservation) {
            plan.run(graph, 1);
        }
        Upload upload = new Upload("parts of the vision tower", graphs.run.length, log);
        for (int i = 0; i < graphs.run.length; i++) {
            EncoderPart part = graphs.parts.get(i);
            part.pack(kernels);
            plan.run(graphs.run[i], 1);
            part.release(memory);
            upload.add(part.bytes());
        }
        plan.lock(graphs.buffers.copied());
        for (int bucket : GraphPlan.buckets(encoder.sizes().maxTiles())) {
            plan.prepare(bucket, () -> run(bucket));
        }
        repeat(1); // of no tiles: whether embeddings come back, whatever they are, as GraphDecoder has it
    }

    private void repeat(int bucket) {
        Results.await(graphs.buffers.projected);
        plan.repeat(bucket, () -> run(bucket));
        Results.require(graphs.buffers.projected);
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
            repeat(GraphPlan.bucket(tiles.size(), encoder.sizes().maxTiles()));
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
            whenClosed.run();
        }
    }
}
