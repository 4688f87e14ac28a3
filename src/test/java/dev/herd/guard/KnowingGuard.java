package dev.herd.guard;

import dev.herd.engine.CpuModelRunner;
import dev.herd.golden.Golden;
import dev.herd.golden.TensorFile;
import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.RgbImage;
import dev.herd.model.vision.Tile;
import dev.herd.model.vision.TileLayout;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A Llama Guard 4 in miniature whose judgement is known: a checkpoint of the {@code guard} fixture's shape, with the
 * {@code vision} fixture's tower, whose weights were written by hand. It finds {@value #UNSAFE} and white pictures unsafe,
 * wherever they stand in its prompt, and calls them S2.
 */
public final class KnowingGuard {
    /*
     * The residual stream, by element: what a token is (ONE for all, LINES for the line breaks before the verdict, MARK
     * for "~", WHITE for a patch of a white picture), what it has seen (MARKS, WHITES), and where it stands in the answer
     * (VERDICT to DIGIT). Layer 0's feed-forward part keeps of WHITE what is positive; layer 1's attention, which looks at
     * all alike, sums up; the head reads the rest off. Everything else is zero.
     */

    /** What it finds unsafe in a text. */
    public static final String UNSAFE = "~";

    private static final int HIDDEN = 96;
    private static final int ONE = 0;
    private static final int LINES = 1;
    private static final int MARK = 2;
    private static final int WHITE = 3;
    private static final int VERDICT = 4;
    private static final int BREAK = 5;
    private static final int LETTER = 6;
    private static final int DIGIT = 7;
    private static final int MARKS = 8;
    private static final int WHITES = 9;
    private static final int WHITER = 10;
    private static final float LOUD = 400;
    private static final int TILE = 56;
    private static final String TEXT = "language_model.";

    private KnowingGuard() {}

    /** Writes the checkpoint into a folder, which then is one that {@code herd.guard.model} may name. */
    public static void write(Path folder) throws IOException {
        write(folder, true);
    }

    /** The same; without a tower it sees nothing. */
    public static void write(Path folder, boolean hasTower) throws IOException {
        Path vocabulary = TinyGuard.vocabulary(folder);
        Tokenizer tokenizer = Tokenizers.of(new Vocabulary.TokenizerJson(vocabulary));
        TensorFile tensors = TensorFile.of("guard");
        tensors.fill(name -> true, 0);
        tensors.fill(name -> name.endsWith("norm.weight"), 1);
        judge(tensors, tokenizer);
        if (hasTower) {
            TensorFile tower = TensorFile.of("vision");
            seeWhite(tower.get("multi_modal_projector.linear_1.weight"));
            tensors.add(tower, name -> !name.startsWith(TEXT));
        }
        tensors.write(folder.resolve("model.safetensors"));
        Files.copy(Golden.folder("guard").resolve("config.json"), folder.resolve("config.json"));
    }

    private static void judge(TensorFile tensors, Tokenizer tokenizer) {
        float[] embedding = tensors.get(TEXT + "model.embed_tokens.weight");
        float[] head = tensors.get(TEXT + "lm_head.weight");
        for (int token = 0; token < embedding.length / HIDDEN; token++) {
            embedding[token * HIDDEN + ONE] = 1;
        }
        embedding[id(tokenizer, "\n\n") * HIDDEN + LINES] = 1;
        embedding[id(tokenizer, UNSAFE) * HIDDEN + MARK] = 1;
        head[id(tokenizer, "safe") * HIDDEN + LINES] = 5;
        int unsafe = id(tokenizer, "unsafe") * HIDDEN;
        head[unsafe + LINES] = 5;
        head[unsafe + ONE] = -2;
        head[unsafe + MARKS] = 4;
        head[unsafe + WHITES] = 4;
        int[] answer = {
            id(tokenizer, "unsafe"),
            id(tokenizer, "\n"),
            id(tokenizer, "S"),
            id(tokenizer, "2"),
            tokenizer.special("<|eot|>").orElseThrow()
        };
        int[] places = {VERDICT, BREAK, LETTER, DIGIT};
        for (int i = 0; i < places.length; i++) {
            embedding[answer[i] * HIDDEN + places[i]] = 1;
            head[answer[i + 1] * HIDDEN + places[i]] = LOUD;
        }
        tensors.get(TEXT + "model.layers.0.feed_forward.gate_proj.weight")[WHITE] = 1;
        tensors.get(TEXT + "model.layers.0.feed_forward.up_proj.weight")[WHITE] = 1;
        float[] down = tensors.get(TEXT + "model.layers.0.feed_forward.down_proj.weight");
        down[WHITER * (down.length / HIDDEN)] = 0.01f;
        float[] value = tensors.get(TEXT + "model.layers.1.self_attn.v_proj.weight");
        value[MARK] = 1;
        value[HIDDEN + WHITER] = 1;
        float[] output = tensors.get(TEXT + "model.layers.1.self_attn.o_proj.weight");
        output[MARKS * HIDDEN] = LOUD;
        output[WHITES * HIDDEN + 1] = LOUD;
    }

    private static int id(Tokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text);
        if (ids.length != 1) {
            throw new IllegalArgumentException(text + " is " + ids.length + " tokens");
        }
        return ids[0];
    }

    /** Makes of a projector one that tells how white a picture is, and nothing else. */
    private static void seeWhite(float[] projector) {
        double[] white = meanRow(255);
        double[] black = meanRow(0);
        double[] direction = new double[HIDDEN];
        double overlap = 0;
        double length = 0;
        for (int i = 0; i < HIDDEN; i++) {
            double middle = (white[i] + black[i]) / 2;
            overlap += (white[i] - black[i]) * middle;
            length += middle * middle;
        }
        double scale = 0;
        for (int i = 0; i < HIDDEN; i++) { // at right angles to what both have in common
            direction[i] = white[i] - black[i] - overlap / length * (white[i] + black[i]) / 2;
            scale += direction[i] * white[i];
        }
        int width = projector.length / HIDDEN;
        float[] whiteness = new float[width];
        for (int column = 0; column < width; column++) {
            double sum = 0;
            for (int i = 0; i < HIDDEN; i++) {
                sum += direction[i] / scale * projector[i * width + column];
            }
            whiteness[column] = (float) sum;
        }
        Arrays.fill(projector, 0);
        System.arraycopy(whiteness, 0, projector, WHITE * width, width);
    }

    /** What the fixture's own tower makes of a square of one grey. */
    private static double[] meanRow(int grey) {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder("vision"));
                CpuModelRunner runner = new CpuModelRunner(
                        checkpoint,
                        KernelsSelector.select(Optional.empty()).kernels(),
                        1,
                        new CpuModelRunner.Limits(16, 16, TensorType.F32, 1L << 24))) {
            TileLayout layout = TileLayout.of(TILE, TILE, TILE, TileLayout.MAX_TILES);
            Floats rows = runner.encode(List.of(new Tile(ImageTiler.tiles(square(grey), layout), 0)));
            double[] mean = new double[HIDDEN];
            int count = runner.vision().orElseThrow().tokensPerTile();
            for (int i = 0; i < count * HIDDEN; i++) {
                mean[i % HIDDEN] += rows.get(i) / count;
            }
            return mean;
        }
    }

    private static RgbImage square(int grey) {
        byte[] rgb = new byte[TILE * TILE * 3];
        Arrays.fill(rgb, (byte) grey);
        return new RgbImage(TILE, TILE, rgb);
    }
}
