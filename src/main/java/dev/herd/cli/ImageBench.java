package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.herd.engine.ModelRunner;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.Tile;
import dev.herd.weights.VisionConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * How fast pictures are encoded, and how fast their tokens pass the text decoder.
 *
 * @param peak operations a second that what computes reaches at best, or 0 if it is not known
 * @param images pictures of one tile, encoded together as far as the runner takes them
 * @param runs runs that count; one more warms up
 */
record ImageBench(ModelRunner runner, double peak, int images, int runs) {
    /**
     * What was measured.
     *
     * @param tileSpeed tiles per second
     * @param flopsPerTile operations that one tile takes
     * @param peakFlops operations per second that what computes reaches at best, or 0 if it is not known
     * @param imageSpeed image tokens per second through the text decoder
     * @param textSpeed the same of text tokens in the same slices
     */
    record Result(
            String backend,
            int images,
            int tokensPerTile,
            Spread tileSpeed,
            double flopsPerTile,
            double peakFlops,
            Spread imageSpeed,
            Spread textSpeed) {
        double share() {
            return tileSpeed.median() * flopsPerTile / peakFlops;
        }

        void writeText(Console console, String model) {
            line(console, "model", model);
            line(console, "backend", backend);
            line(console, "tiles", tileSpeed.text(2) + " tiles/s, " + images + " tiles");
            String share = peakFlops == 0
                    ? ""
                    : String.format(Locale.ROOT, ", %.0f %% of the peak's %.1f", 100 * share(), peakFlops / 1e9);
            line(
                    console,
                    "",
                    String.format(Locale.ROOT, "%.1f GFLOP/s", tileSpeed.median() * flopsPerTile / 1e9) + share);
            line(console, "image tokens", imageSpeed.text(1) + " tokens/s through the text model");
            line(console, "text tokens", textSpeed.text(1) + " tokens/s in the same slices");
        }

        void writeJson(Console console, String model) throws IOException {
            JsonGenerator json =
                    new JsonFactory().createGenerator(console.out()).useDefaultPrettyPrinter();
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeStringField("model", model);
            json.writeStringField("backend", backend);
            json.writeNumberField("images", images);
            json.writeNumberField("tokensPerTile", tokensPerTile);
            tileSpeed.write(json, "tilesPerSecond");
            json.writeNumberField("flopsPerTile", flopsPerTile);
            if (peakFlops != 0) {
                json.writeNumberField("peakFlopsPerSecond", peakFlops);
                json.writeNumberField("shareOfPeak", share());
            }
            imageSpeed.write(json, "imageTokensPerSecond");
            textSpeed.write(json, "textTokensPerSecond");
            json.writeEndObject();
            json.close();
            console.out().println();
        }

        private static void line(Console console, String name, String value) {
            console.out().printf("%-12s %s%n", name, value);
        }
    }

    Result measure(Progress progress) {
        VisionConfig vision = runner.vision()
                .orElseThrow(() -> new CommandException("the model has no vision tower, so it sees no pictures"));
        List<Tile> tiles = tiles(vision);
        float[] encoded = encode(tiles, vision);
        double[] tileSpeeds = new double[runs];
        for (int run = 0; run < runs; run++) {
            progress.show("Run " + (run + 1) + " of " + runs + " ...");
            long start = System.nanoTime();
            encoded = encode(tiles, vision);
            tileSpeeds[run] = images * 1e9 / (System.nanoTime() - start);
        }
        progress.show("Measuring the text model ...");
        int tokens = encoded.length / runner.config().hiddenSize();
        double[] imageSpeeds = new double[runs];
        double[] textSpeeds = new double[runs];
        prefill(tokens, encoded);
        for (int run = 0; run < runs; run++) {
            textSpeeds[run] = tokens * 1e9 / prefill(tokens, new float[0]);
            imageSpeeds[run] = tokens * 1e9 / prefill(tokens, encoded);
        }
        return new Result(
                runner.description(),
                images,
                vision.tokensPerTile(),
                Spread.of(tileSpeeds),
                flopsPerTile(vision, runner.config().hiddenSize()),
                peak,
                Spread.of(imageSpeeds),
                Spread.of(textSpeeds));
    }

    private List<Tile> tiles(VisionConfig vision) {
        Random random = new Random(1);
        List<Tile> tiles = new ArrayList<>();
        for (int image = 0; image < images; image++) {
            float[] values = new float[3 * vision.tileSize() * vision.tileSize()];
            for (int i = 0; i < values.length; i++) {
                values[i] = 2 * random.nextFloat() - 1;
            }
            tiles.add(new Tile(new PixelTiles(1, vision.tileSize(), values), 0));
        }
        return tiles;
    }

    /** {@code [images * tokensPerTile, hiddenSize]}. */
    private float[] encode(List<Tile> tiles, VisionConfig vision) {
        int tileValues =
                Math.multiplyExact(vision.tokensPerTile(), runner.config().hiddenSize());
        float[] encoded = new float[Math.multiplyExact(images, tileValues)];
        for (int from = 0; from < images; from += runner.maxBatchTiles()) {
            int count = Math.min(runner.maxBatchTiles(), images - from);
            runner.encode(tiles.subList(from, from + count)).read(0, encoded, from * tileValues, count * tileValues);
        }
        return encoded;
    }

    /** Computes {@code tokens} tokens from an empty cache, with or without embeddings of their own; nanoseconds. */
    private long prefill(int tokens, float[] embeddings) {
        SingleSequence sequence = new SingleSequence(runner);
        int[] ids =
                new Random(2).ints(tokens, 0, runner.config().vocabularySize()).toArray();
        long start = System.nanoTime();
        while (sequence.length() < tokens) {
            int from = sequence.length();
            int count = sequence.sliceLength(tokens - from);
            List<ImageEmbedding> images =
                    embeddings.length == 0 ? List.of() : List.of(new ImageEmbedding(0, count, embeddings, from));
            sequence.run(Arrays.copyOfRange(ids, from, from + count), from + count == tokens ? 1 : 0, images);
        }
        return System.nanoTime() - start;
    }

    /** Multiplications and additions of the matrix products and the attention; norms and the like are not worth counting. */
    private static double flopsPerTile(VisionConfig vision, int textSize) {
        double rows = vision.patchCount() + 1.0;
        double hidden = vision.hiddenSize();
        double layer = rows * (4 * hidden * hidden + 2 * hidden * vision.ffnSize()) + 2 * rows * rows * hidden;
        double output = vision.outputSize();
        return 2
                * (vision.patchCount() * hidden * vision.patchValues()
                        + vision.layerCount() * layer
                        + vision.tokensPerTile()
                                * (output * vision.mergedSize() + output * output + output * textSize));
    }
}
