package dev.herd.cli;

import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.vision.RgbImage;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import dev.herd.weights.VisionConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** {@code herd logits}: what the model expects at every position of a text. */
final class LogitsCommand implements Command {
    /** Logits computed at a time; one row of the real vocabulary is 0.8 MB. */
    private static final long LOGITS_BYTES = 32L << 20;

    private final Console console;

    private final CommandOptions options = new CommandOptions();
    private final ModelOptions modelOptions = new ModelOptions(options);
    private final TokenSource source = new TokenSource(options);

    private final CommandOption<List<Path>> images = options.list(
            "--image",
            "FILE",
            Path::of,
            "pictures, in order: where --prompt says <|image|>, or before the text if it never does; token ids must have"
                    + " a <|patch|> for each of their image tokens");
    private final CommandOption<Integer> top =
            options.value("--top", "N", CommandOption::integer, "5", "tokens to print per position");
    private final CommandOption<Optional<Path>> raw = options.optional(
            "--raw",
            "OUT",
            Path::of,
            "also write all logits to this file: little-endian float32 [positions, vocabularySize]");
    private final CommandOption<TensorType> kvType =
            ModelOptions.kvType(options, "f32", "how keys and values are kept");

    LogitsCommand(Console console) {
        this.console = console;
    }

    @Override
    public CommandOptions options() {
        return options;
    }

    @Override
    public CommandHelp help() {
        return new CommandHelp(
                        "herd logits [OPTIONS] (--tokens 1,2,3 | --prompt TEXT | --tokens-file FILE)",
                        "Prints the most likely next tokens at every position of a text, as JSON.")
                .withFooter(
                        "Output, one line per position:",
                        "  {\"model\": \"NAME\", \"vocabularySize\": N, \"positions\": [",
                        "  {\"position\": 0, \"token\": ID, \"top\": [{\"token\": ID, \"logProb\": -0.1,",
                        "   \"text\": \"...\"}, ...]},",
                        "  ...]}",
                        "\"top\" is what follows the token, best first; \"logProb\" is the natural logarithm",
                        "of the probability; \"text\" is left out if the model has no tokenizer.");
    }

    @Override
    public void run() throws IOException {
        if (top.get() < 0) {
            throw new CommandException("--top must not be negative: " + top.get());
        }
        Progress progress = console.progress();
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions.settings().withKvType(kvType.get());
        int[] tokens;
        try (LoadedModel model = ModelOptions.open(settings)) {
            OptionalInt beginOfText = model.checkpoint().generationDefaults().bosToken();
            tokens = source.resolve(
                    model.findTokenizer(), beginOfText, model.runner().config().vocabularySize(), imagePrompt(model));
            if (tokens.length <= model.contextLength()) {
                print(model, tokens, progress);
                return;
            }
        }
        try (LoadedModel model = ModelOptions.open(settings.withContextLength(tokens.length))) {
            print(model, tokens, progress);
        }
    }

    private Optional<ImagePrompt> imagePrompt(LoadedModel model) throws IOException {
        if (images.get().isEmpty()) {
            return Optional.empty();
        }
        VisionConfig vision = model.vision()
                .orElseThrow(() -> new CommandException("the model has no vision tower, so it sees no pictures"));
        List<RgbImage> decoded = new ArrayList<>();
        for (Path file : images.get()) {
            decoded.add(ImageFiles.decode(file));
        }
        return Optional.of(new ImagePrompt(decoded, vision, model.tokenizer()));
    }

    private void print(LoadedModel model, int[] tokens, Progress progress) throws IOException {
        Optional<ImagePrompt> pictures = imagePrompt(model);
        List<ImageEmbedding> embeddings =
                pictures.isPresent() ? pictures.get().embeddings(tokens, model.runner(), progress) : List.of();
        try (RawLogits rawLogits =
                raw.get().isPresent() ? new RawLogits(raw.get().get()) : null) {
            print(model, tokens, embeddings, rawLogits, progress);
        }
    }

    private void print(
            LoadedModel model,
            int[] tokens,
            List<ImageEmbedding> embeddings,
            @Nullable RawLogits rawLogits,
            Progress progress)
            throws IOException {
        ModelRunner runner = model.runner();
        int vocabularySize = runner.config().vocabularySize();
        int rows = Math.clamp(LOGITS_BYTES / (4L * vocabularySize), 1, runner.maxBatchTokens());
        SingleSequence sequence = new SingleSequence(runner);
        LogitsJson json = new LogitsJson(console.out(), vocabularySize, model.findTokenizer(), top.get());
        json.begin(model.name());
        while (sequence.length() < tokens.length) {
            int from = sequence.length();
            progress.show("Computing", from, tokens.length);
            int[] slice =
                    Arrays.copyOfRange(tokens, from, from + sequence.sliceLength(Math.min(rows, tokens.length - from)));
            Floats logits =
                    sequence.run(slice, slice.length, ImagePrompt.within(embeddings, from, from + slice.length));
            if (rawLogits != null) {
                rawLogits.write(logits, (long) slice.length * vocabularySize);
            }
            for (int row = 0; row < slice.length; row++) {
                json.position(from + row, slice[row], logits, row);
            }
        }
        progress.clear();
        json.end();
    }

    /** The file of {@code --raw}. */
    private static final class RawLogits implements AutoCloseable {
        private final FileChannel channel;

        RawLogits(Path file) throws IOException {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        }

        /** Floats lie in native order, which is little-endian on every machine that the kernels run on. */
        void write(Floats logits, long count) throws IOException {
            ByteBuffer bytes = logits.segment().asSlice(0, count * Float.BYTES).asByteBuffer();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
