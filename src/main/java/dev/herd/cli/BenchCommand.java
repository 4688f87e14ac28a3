package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import dev.herd.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code herd bench}: how fast the model runs on this machine. */
@Command(
        name = "bench",
        description = {
            "Measures prompt and decode speed.",
            "",
            "A run computes a prompt of its own with an empty cache, then decodes one token at a time, again with an"
                    + " empty cache; nothing is sampled while the clock runs. The first run warms up and is not"
                    + " counted. Speeds are medians, with the slowest and the fastest run.",
            "",
            "With --peer, Herd and llama.cpp take turns on the same file, each in a process of its own, and the ratios"
                    + " of the rounds are printed with their spread."
        })
final class BenchCommand implements Callable<Integer> {
    private static final String PROSE = "The herd moved slowly along the ridge while the wind came up from the valley. "
            + "Nobody counted the animals, and nobody had to: each one knew its place, and the last one waited. ";

    /** System property in which the launcher says where it stands, to be started again for a comparison. */
    private static final String LAUNCHER = "herd.launcher";

    private final Console console;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(
            names = "--prompt",
            paramLabel = "N",
            defaultValue = "512",
            description = "tokens of the prompt (default: ${DEFAULT-VALUE})")
    private int promptTokens;

    @Option(
            names = "--decode",
            paramLabel = "N",
            defaultValue = "64",
            description = "tokens to decode (default: ${DEFAULT-VALUE})")
    private int decodeTokens;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description = "runs that count (default: ${DEFAULT-VALUE})")
    private int runs;

    @Option(
            names = "--sequences",
            paramLabel = "N",
            defaultValue = "1",
            description = "also decode this many sequences together (default: ${DEFAULT-VALUE}, which is none but the"
                    + " one)")
    private int sequences;

    @Option(names = "--json", description = "print JSON")
    private boolean isJson;

    @Option(names = "--random-tokens", description = "a prompt of random ids, so that no tokenizer is needed")
    private boolean usesRandomTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "seed of the random ids (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--kv-type",
            paramLabel = "TYPE",
            defaultValue = "f16",
            converter = ModelOptions.KvType.class,
            description = "how keys and values are kept: f32, f16 or q8_0 (default: ${DEFAULT-VALUE})")
    private TensorType kvType = TensorType.F16;

    @Option(
            names = "--peer",
            paramLabel = "DIR",
            description = "compare with llama.cpp: DIR holds its driver, a program named peer")
    private Optional<Path> peer = Optional.empty();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "how often herd and the peer take turns (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--images",
            paramLabel = "N",
            description = "measure the vision tower instead: N pictures of one tile each, and their tokens in the text"
                    + " model")
    private Optional<Integer> images = Optional.empty();

    @Option(
            names = "--shapes",
            paramLabel = "MODEL",
            converter = DecoderShape.Converter.class,
            description = "measure the device of --backend instead, with random 4-bit weights of the shapes of scout,"
                    + " maverick or tiny: batches of 1, 8 and 32 sequences, and a prompt")
    private Optional<DecoderShape> shapes = Optional.empty();

    @Option(
            names = "--layers",
            paramLabel = "N",
            description = "how many layers of those shapes, a multiple of 4 (default: all)")
    private Optional<Integer> layers = Optional.empty();

    @Option(
            names = "--bandwidth",
            paramLabel = "GB/S",
            defaultValue = "0",
            description = "what the device's memory reaches, for the share of it")
    private double bandwidth;

    @Option(
            names = "--peak",
            paramLabel = "TFLOP/S",
            defaultValue = "0",
            description = "what the device's arithmetic reaches, for the share of it")
    private double peak;

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        requireAtLeastOne("--prompt", promptTokens);
        requireAtLeastOne("--decode", decodeTokens);
        requireAtLeastOne("--runs", runs);
        requireAtLeastOne("--sequences", sequences);
        requireAtLeastOne("--rounds", rounds);
        if (peer.isPresent()) {
            compare(peer.get());
            return 0;
        }
        if (images.isPresent()) {
            requireAtLeastOne("--images", images.get());
            measureImages(images.get());
            return 0;
        }
        if (shapes.isPresent()) {
            measureDevice(shapes.get());
            return 0;
        }
        Progress progress = console.progress();
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions
                .settings()
                .withKvType(kvType)
                .withRequests(sequences, 0)
                .withContextLength(Math.max(promptTokens, decodeTokens + BatchedDecode.PROMPT_TOKENS) + 1);
        try (LoadedModel model = ModelOptions.open(settings)) {
            double loadSeconds = ProcessFacts.age().toNanos() / 1e9;
            Result result = measure(model, settings.threads(), loadSeconds, progress);
            progress.clear();
            if (isJson) {
                result.writeJson(console);
            } else {
                result.writeText(console);
            }
        }
        return 0;
    }

    private void measureDevice(DecoderShape shape) {
        DeviceBench bench = new DeviceBench(
                shape, layers.orElse(shape.layers()), promptTokens, promptTokens, runs, 1e9 * bandwidth, 1e12 * peak);
        bench.measure(modelOptions.device(), console);
    }

    private void measureImages(int count) throws IOException {
        Progress progress = console.progress();
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions.settings().withKvType(kvType);
        try (LoadedModel model = ModelOptions.open(settings)) {
            Kernels kernels = KernelsSelector.select(settings.kernels()).kernels();
            ImageBench.Result result =
                    new ImageBench(model.runner(), kernels, settings.threads(), count, runs).measure(progress);
            progress.clear();
            if (isJson) {
                result.writeJson(console, model.name());
            } else {
                result.writeText(console, model.name());
            }
        }
    }

    private void compare(Path folder) throws IOException {
        ModelSettings settings = modelOptions.settings();
        Path model =
                settings.model().orElseThrow(() -> new CommandException("--peer needs a --model that both can read"));
        String launcher = Optional.ofNullable(System.getProperty(LAUNCHER))
                .orElseThrow(() -> new CommandException("--peer works when bench is started by the herd command"));
        List<String> options =
                new ArrayList<>(List.of("--kv-type", kvType.name().toLowerCase(Locale.ROOT)));
        settings.kernels().ifPresent(kernels -> options.addAll(List.of("--kernels", kernels)));
        PeerComparison.Work work = new PeerComparison.Work(
                model.toAbsolutePath(), promptTokens, decodeTokens, settings.threads(), runs, options);
        Progress progress = console.progress();
        PeerReport report = new PeerComparison(launcher, folder, work).run(rounds, progress);
        progress.clear();
        if (isJson) {
            report.writeJson(console);
        } else {
            report.writeText(console);
        }
    }

    private Result measure(LoadedModel model, int threads, double loadSeconds, Progress progress) {
        ModelRunner runner = model.runner();
        int[] tokens = tokens(model);
        SingleSequence sequence = new SingleSequence(runner);
        progress.show("Warming up ...");
        int firstToken = prefill(runner, sequence, tokens).firstToken();
        double processToFirstToken = ProcessFacts.age().toNanos() / 1e9;
        decode(sequence, firstToken, tokens);

        double[] promptSpeeds = new double[runs];
        double[] decodeSpeeds = new double[runs];
        double[] firstTokens = new double[runs];
        double[] batchedSpeeds = new double[sequences > 1 ? runs : 0];
        for (int run = 0; run < runs; run++) {
            progress.show("Run " + (run + 1) + " of " + runs + " ...");
            long start = System.nanoTime();
            Prefill prefill = prefill(runner, sequence, tokens);
            firstTokens[run] = (System.nanoTime() - start) / 1e9;
            promptSpeeds[run] = promptTokens * 1e9 / (prefill.computed() - start);
            decodeSpeeds[run] = decodeTokens * 1e9 / decode(sequence, prefill.firstToken(), tokens);
            if (sequences > 1) {
                sequence.clear();
                batchedSpeeds[run] = BatchedDecode.tokensPerSecond(model.engine(), sequences, decodeTokens, tokens);
            }
        }
        return new Result(
                model.name(),
                runner.description(),
                threads,
                promptTokens,
                decodeTokens,
                runs,
                loadSeconds,
                processToFirstToken,
                Spread.of(firstTokens),
                Spread.of(promptSpeeds),
                Spread.of(decodeSpeeds),
                sequences,
                sequences > 1 ? Optional.of(Spread.of(batchedSpeeds)) : Optional.empty(),
                ProcessFacts.peakMemoryBytes());
    }

    /** Computes the prompt from an empty cache and chooses the first token. */
    private Prefill prefill(ModelRunner runner, SingleSequence sequence, int[] tokens) {
        sequence.clear();
        int slice = sequence.sliceLength(promptTokens);
        while (sequence.length() + slice < promptTokens) {
            sequence.run(Arrays.copyOfRange(tokens, sequence.length(), sequence.length() + slice), 0);
            slice = sequence.sliceLength(promptTokens - sequence.length());
        }
        Floats logits = sequence.run(Arrays.copyOfRange(tokens, sequence.length(), promptTokens), 1);
        long computed = System.nanoTime();
        return new Prefill(computed, LogProbs.argmax(logits, 0, runner.config().vocabularySize()));
    }

    /** Decodes from an empty cache; nanoseconds. */
    private long decode(SingleSequence sequence, int first, int[] tokens) {
        sequence.clear();
        long start = System.nanoTime();
        sequence.run(new int[] {first}, 1);
        for (int i = 1; i < decodeTokens; i++) {
            sequence.run(new int[] {tokens[i]}, 1);
        }
        return System.nanoTime() - start;
    }

    private int[] tokens(LoadedModel model) {
        int count = Math.max(promptTokens, decodeTokens);
        if (usesRandomTokens) {
            return new Random(seed)
                    .ints(count, 0, model.runner().config().vocabularySize())
                    .toArray();
        }
        Tokenizer tokenizer = model.findTokenizer()
                .orElseThrow(() -> new CommandException("the model has no tokenizer; use --random-tokens"));
        int[] prose = tokenizer.encode(PROSE);
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> prose[i % prose.length]);
        return tokens;
    }

    private static void requireAtLeastOne(String option, int value) {
        if (value < 1) {
            throw new CommandException(option + " must be at least 1, not " + value);
        }
    }

    /** When, by {@link System#nanoTime}, the prompt was computed, and the token that follows it. */
    private record Prefill(long computed, int firstToken) {}

    /** What was measured; times in seconds, speeds in tokens per second. */
    private record Result(
            String model,
            String backend,
            int threads,
            int promptTokens,
            int decodeTokens,
            int runs,
            double loadSeconds,
            double processToFirstToken,
            Spread requestToFirstToken,
            Spread promptSpeed,
            Spread decodeSpeed,
            int sequences,
            Optional<Spread> batchedSpeed,
            OptionalLong peakMemoryBytes) {

        void writeJson(Console console) throws IOException {
            JsonGenerator json =
                    new JsonFactory().createGenerator(console.out()).useDefaultPrettyPrinter();
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeStringField("model", model);
            json.writeStringField("backend", backend);
            json.writeNumberField("threads", threads);
            json.writeNumberField("promptTokens", promptTokens);
            json.writeNumberField("decodeTokens", decodeTokens);
            json.writeNumberField("runs", runs);
            promptSpeed.write(json, "promptTokensPerSecond");
            decodeSpeed.write(json, "decodeTokensPerSecond");
            if (batchedSpeed.isPresent()) {
                json.writeNumberField("sequences", sequences);
                batchedSpeed.get().write(json, "batchedDecodeTokensPerSecond");
            }
            requestToFirstToken.write(json, "secondsFromRequestToFirstToken");
            json.writeNumberField("secondsFromProcessStartToFirstToken", processToFirstToken);
            json.writeNumberField("secondsFromProcessStartToLoaded", loadSeconds);
            if (peakMemoryBytes.isPresent()) {
                json.writeNumberField("peakMemoryBytes", peakMemoryBytes.getAsLong());
            }
            json.writeEndObject();
            json.close();
            console.out().println();
        }

        void writeText(Console console) {
            line(console, "model", model);
            line(console, "backend", backend);
            line(console, "prompt", promptSpeed.text(1) + " tokens/s, " + promptTokens + " tokens");
            line(console, "decode", decodeSpeed.text(1) + " tokens/s, " + decodeTokens + " tokens");
            batchedSpeed.ifPresent(speed ->
                    line(console, "batched", speed.text(1) + " tokens/s, " + sequences + " sequences together"));
            line(console, "first token", requestToFirstToken.text(3) + " s after the request");
            line(
                    console,
                    "cold start",
                    String.format(
                            Locale.ROOT,
                            "loaded %.2f s, first token %.2f s after the process started",
                            loadSeconds,
                            processToFirstToken));
            peakMemoryBytes.ifPresent(bytes -> line(console, "peak memory", Sizes.text(bytes)));
        }

        private static void line(Console console, String name, String value) {
            console.out().printf("%-12s %s%n", name, value);
        }
    }
}
