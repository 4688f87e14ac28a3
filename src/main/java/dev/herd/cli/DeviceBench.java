package dev.herd.cli;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.LoadedDecoder;
import java.lang.foreign.Arena;
import java.util.Locale;
import java.util.Random;

/**
 * How fast a device decodes and computes prompts with random 4-bit weights of a model's shapes, beside what its memory and its
 * arithmetic would allow.
 *
 * @param layers of the model's, as many as fit or as time allows
 * @param prompt tokens of a prompt, which is computed in one step
 * @param past tokens that every sequence has when it decodes
 * @param runs steps that count; two more warm up
 * @param bandwidth bytes a second that the device's memory reaches, or 0 if it is not known
 * @param peak operations a second that the device reaches, or 0 if it is not known
 */
record DeviceBench(DecoderShape shape, int layers, int prompt, int past, int runs, double bandwidth, double peak) {
    private static final int[] BATCHES = {1, 8, 32};
    private static final int LARGEST = 32;
    private static final int WARM_UP = 2;

    void measure(Device device, Console console) {
        Progress progress = console.progress();
        int context = past + 1;
        try (Arena arena = Arena.ofShared()) {
            Decoder decoder =
                    shape.decoder(arena, layers, Math.max(LARGEST, prompt), LARGEST, Math.max(context, prompt));
            device.refusal(decoder).ifPresent(refusal -> {
                throw new CommandException("the device cannot run this: " + refusal);
            });
            requireMemory(device, decoder);
            progress.show("Bringing " + layers + " layers to the device ...");
            long start = System.nanoTime();
            try (LoadedDecoder loaded = device.load(decoder)) {
                double startSeconds = (System.nanoTime() - start) / 1e9;
                line(
                        console,
                        "shapes",
                        shape.name().toLowerCase(Locale.ROOT) + ", " + layers + " of " + shape.layers()
                                + " layers, random Q4_K, sequences of " + past + " tokens");
                line(
                        console,
                        "device",
                        device.facts().backend() + " on " + device.facts().name() + ", driver "
                                + device.facts().driver());
                line(console, "start", String.format(Locale.ROOT, "%.1f s, %s", startSeconds, loaded.kernels()));
                for (int batch : BATCHES) {
                    progress.show("Decoding " + batch + " sequences ...");
                    decode(loaded, arena, batch, Math.max(context, prompt), console);
                }
                progress.show("Computing a prompt ...");
                prefill(loaded, arena, Math.max(context, prompt), console);
            }
        }
        progress.clear();
    }

    private static void requireMemory(Device device, Decoder decoder) {
        long needed = device.bytes(decoder);
        if (needed > device.facts().memoryBytes()) {
            throw new CommandException("these layers need " + Sizes.text(needed) + ", but "
                    + device.facts().name() + " has "
                    + Sizes.text(device.facts().memoryBytes())
                    + "; give fewer --layers");
        }
    }

    private void decode(LoadedDecoder loaded, Arena arena, int batch, int context, Console console) {
        double seconds = seconds(loaded, shape.step(arena, new Random(batch), batch, 1, past, context));
        double distinct = shape.experts() * (1 - Math.pow(1 - 1.0 / shape.experts(), batch));
        double bytes = DecoderShape.bytes(
                        layers * (shape.sharedWeights() + distinct * shape.expertWeights()) + shape.outputWeights())
                + (double) batch * layers * shape.kvBytes(past + 1);
        String text = String.format(
                Locale.ROOT,
                "%.1f tokens/s, %.3f ms a step, %.1f GB/s",
                batch / seconds,
                1e3 * seconds,
                bytes / seconds / 1e9);
        line(console, "decode " + batch, text + share(bytes / seconds, bandwidth, "the bandwidth"));
    }

    private void prefill(LoadedDecoder loaded, Arena arena, int context, Console console) {
        double seconds = seconds(loaded, shape.step(arena, new Random(7), 1, prompt, 0, context));
        double perToken = layers
                * (2.0 * (shape.sharedWeights() + shape.expertWeights()) + shape.attentionOperations((prompt + 1) / 2));
        double operations = prompt * perToken + 2.0 * shape.outputWeights();
        String text = String.format(
                Locale.ROOT,
                "%.1f tokens/s, %d tokens in %.1f ms, %.2f TFLOP/s",
                prompt / seconds,
                prompt,
                1e3 * seconds,
                operations / seconds / 1e12);
        line(console, "prefill", text + share(operations / seconds, peak, "the peak"));
    }

    /** The median of the runs. */
    private double seconds(LoadedDecoder loaded, DecoderStep step) {
        double[] seconds = new double[runs];
        for (int run = -WARM_UP; run < runs; run++) {
            long start = System.nanoTime();
            loaded.run(step);
            if (run >= 0) {
                seconds[run] = (System.nanoTime() - start) / 1e9;
            }
        }
        return Spread.of(seconds).median();
    }

    private static String share(double reached, double possible, String ofWhat) {
        return possible == 0 ? "" : String.format(Locale.ROOT, ", %.1f %% of %s", 100 * reached / possible, ofWhat);
    }

    private static void line(Console console, String name, String value) {
        console.out().printf("%-12s %s%n", name, value);
    }
}
