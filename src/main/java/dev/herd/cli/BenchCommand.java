package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
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

/** {@code herd bench}: how fast the model runs on this machine. */
final class BenchCommand implements Command {
    private static final String PROSE = "The herd moved slowly along the ridge while the wind came up from the valley. "
            + "Nobody counted the animals, and nobody had to: each one knew its place, and the last one waited. ";

    /** System property in which the launcher says where it stands, to be started again for a comparison. */
    private static final String LAUNCHER = "herd.launcher";

    private final Console console;

    private final CommandOptions options = new CommandOptions();
    private final ModelOptions modelOptions = new ModelOptions(options);

    private final CommandOption<Integer> prompt =
            options.value("--prompt", "N", CommandOption::integer, "512", "tokens of the prompt");
    private final CommandOption<Integer> decode =
            options.value("--decode", "N", CommandOption::integer, "64", "tokens to decode");
    private final CommandOption<Integer> runs =
            options.value("--runs", "N", CommandOption::integer, "5", "runs that count");
    private final CommandOption<Integer> sequences = options.value(
            "--sequences",
            "N",
            CommandOption::integer,
            "1",
            "also decode this many sequences together, if it is more than one");
    private final CommandOption<Boolean> isJson = options.flag("--json", "print JSON");
    private final CommandOption<Boolean> usesRandomTokens =
            options.flag("--random-tokens", "a prompt of random ids, so that no tokenizer is needed");
    private final CommandOption<Long> seed =
            options.value("--seed", "N", CommandOption::longInteger, "1", "seed of the random ids");
    private final CommandOption<TensorType> kvType =
            ModelOptions.kvType(options, "f16", "how keys and values are kept");
    private final CommandOption<Optional<Path>> peer = options.optional(
            "--peer", "DIR", Path::of, "compare with llama.cpp: DIR holds its driver, a program named peer");
    private final CommandOption<Integer> rounds =
            options.value("--rounds", "N", CommandOption::integer, "5", "how often herd and the peer take turns");
    private final CommandOption<Optional<Integer>> images = options.optional(
            "--images",
            "N",
            CommandOption::integer,
            "measure the vision tower instead: N pictures of one tile each, and their tokens in the text model");

    private final CommandOption<Optional<DecoderShape>> shapes = options.optional(
            "--shapes",
            "MODEL",
            DecoderShape::named,
            "measure the device of --backend instead, with random 4-bit weights of the shapes of scout, maverick or tiny:"
                    + " batches of 1, 8 and 32 sequences, and a prompt");
    private final CommandOption<Optional<Integer>> layers = options.optional(
            "--layers", "N", CommandOption::integer, "how many layers of those shapes, a multiple of 4 (default: all)");
    private final CommandOption<Optional<Integer>> past = options.optional(
            "--past",
            "N",
            CommandOption::integer,
            "tokens that sequences of those shapes have when they decode (default: as many as the prompt)");
    private final CommandOption<Float> bandwidth = options.value(
            "--bandwidth", "GB/S", CommandOption::real, "0", "what the device's memory reaches, for the share of it");
    private final CommandOption<Float> peak = options.value(
            "--peak", "TFLOP/S", CommandOption::real, "0", "what the device's arithmetic reaches, for the share of it");

    BenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public CommandOptions options() {
        return options;
    }

    @Override
    public CommandHelp help() {
        return new CommandHelp(
                "herd bench [OPTIONS]",
                "Measures prompt and decode speed.",
                "A run computes a prompt of its own with an empty cache, then decodes one token at a time, again with an"
                        + " empty cache; nothing is sampled while the clock runs. The first run warms up and is not"
                        + " counted. Speeds are medians, with the slowest and the fastest run.",
                "With --peer, Herd and llama.cpp take turns on the same file, each in a process of its own, and the ratios"
                        + " of the rounds are printed with their spread.");
    }

    @Override
    public void run() throws IOException {
        for (CommandOption<Integer> count : List.of(prompt, decode, runs, sequences, rounds)) {
            requireAtLeastOne(count.spelling().name(), count.get());
        }
        if (peer.get().isPresent()) {
            compare(peer.get().get());
        } else if (images.get().isPresent()) {
            requireAtLeastOne(images.spelling().name(), images.get().get());
            measureImages(images.get().get());
        } else if (shapes.get().isPresent()) {
            requireAtLeastOne(past.spelling().name(), past.get().orElse(1));
            measureDevice(shapes.get().get());
        } else {
            measureText();
        }
    }

    private void measureText() throws IOException {
        Progress progress = console.progress();
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions
                .settings()
                .withKvType(kvType.get())
                .withRequests(sequences.get(), 0)
                .withContextLength(Math.max(prompt.get(), decode.get() + BatchedDecode.PROMPT_TOKENS) + 1);
        try (LoadedModel model = ModelOptions.open(settings)) {
            double loadSeconds = ProcessFacts.age().toNanos() / 1e9;
            Result result = measure(model, settings.threads(), loadSeconds, progress);
            progress.clear();
            if (isJson.get()) {
                result.writeJson(console);
            } else {
                result.writeText(console);
            }
        }
    }

    private void measureDevice(DecoderShape shape) {
        DeviceBench bench = new DeviceBench(
                shape,
                layers.get().orElse(shape.layers()),
                prompt.get(),
                past.get().orElse(prompt.get()),
                runs.get(),
                1e9 * bandwidth.get(),
                1e12 * peak.get());
        bench.measure(modelOptions.device(this::tell), console);
    }

    /** What the device's start has to say, such as a kernel cache that is not used. */
    private void tell(String line) {
        console.progress().clear();
        console.err().println(line);
    }

    private void measureImages(int count) throws IOException {
        Progress progress = console.progress();
        progress.show("Loading the model ...");
        ModelSettings settings = modelOptions.settings().withKvType(kvType.get());
        try (LoadedModel model = ModelOptions.open(settings)) {
            ImageBench.Result result = new ImageBench(
                            model.runner(), peak(model, settings, progress), count, runs.get())
                    .measure(progress);
            progress.clear();
            if (isJson.get()) {
                result.writeJson(console, model.name());
            } else {
                result.writeText(console, model.name());
            }
        }
    }

    /** What the processor reaches is measured, of a device it is said: of the one that encodes pictures. */
    private double peak(LoadedModel model, ModelSettings settings, Progress progress) {
        if (model.runner().encodesOnDevice()) {
            return 1e12 * peak.get();
        }
        progress.show("Measuring the machine ...");
        return FmaPeak.flops(KernelsSelector.select(settings.kernels()).kernels(), settings.threads());
    }

    private void compare(Path folder) throws IOException {
        ModelSettings settings = modelOptions.settings();
        Path model =
                settings.model().orElseThrow(() -> new CommandException("--peer needs a --model that both can read"));
        String launcher = Optional.ofNullable(System.getProperty(LAUNCHER))
                .orElseThrow(() -> new CommandException("--peer works when bench is started by the herd command"));
        List<String> herdOptions =
                new ArrayList<>(List.of("--kv-type", kvType.get().name().toLowerCase(Locale.ROOT)));
        settings.kernels().ifPresent(kernels -> herdOptions.addAll(List.of("--kernels", kernels)));
        PeerComparison.Work work = new PeerComparison.Work(
                model.toAbsolutePath(), prompt.get(), decode.get(), settings.threads(), runs.get(), herdOptions);
        Progress progress = console.progress();
        PeerReport report = new PeerComparison(launcher, folder, work).run(rounds.get(), progress);
        progress.clear();
        if (isJson.get()) {
            report.writeJson(console);
        } else {
            report.writeText(console);
        }
    }

    private Result measure(LoadedModel model, int threads, double loadSeconds, Progress progress) {
        ModelRunner runner = model.runner();
        int runCount = runs.get();
        boolean isBatched = sequences.get() > 1;
        int[] tokens = tokens(model);
        SingleSequence sequence = new SingleSequence(runner);
        progress.show("Warming up ...");
        int firstToken = prefill(runner, sequence, tokens).firstToken();
        double processToFirstToken = ProcessFacts.age().toNanos() / 1e9;
        decode(sequence, firstToken, tokens);

        double[] promptSpeeds = new double[runCount];
        double[] decodeSpeeds = new double[runCount];
        double[] firstTokens = new double[runCount];
        double[] batchedSpeeds = new double[isBatched ? runCount : 0];
        for (int run = 0; run < runCount; run++) {
            progress.show("Run " + (run + 1) + " of " + runCount + " ...");
            long start = System.nanoTime();
            Prefill prefill = prefill(runner, sequence, tokens);
            firstTokens[run] = (System.nanoTime() - start) / 1e9;
            promptSpeeds[run] = prompt.get() * 1e9 / (prefill.computed() - start);
            decodeSpeeds[run] = decode.get() * 1e9 / decode(sequence, prefill.firstToken(), tokens);
            if (isBatched) {
                sequence.clear();
                batchedSpeeds[run] =
                        BatchedDecode.tokensPerSecond(model.engine(), sequences.get(), decode.get(), tokens);
            }
        }
        return new Result(
                model.name(),
                runner.description(),
                threads,
                prompt.get(),
                decode.get(),
                runCount,
                loadSeconds,
                processToFirstToken,
                Spread.of(firstTokens),
                Spread.of(promptSpeeds),
                Spread.of(decodeSpeeds),
                sequences.get(),
                isBatched ? Optional.of(Spread.of(batchedSpeeds)) : Optional.empty(),
                ProcessFacts.peakMemoryBytes());
    }

    /** Computes the prompt from an empty cache and chooses the first token. */
    private Prefill prefill(ModelRunner runner, SingleSequence sequence, int[] tokens) {
        int promptTokens = prompt.get();
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
        int decodeTokens = decode.get();
        sequence.clear();
        long start = System.nanoTime();
        sequence.decode(first);
        for (int i = 1; i < decodeTokens; i++) {
            sequence.decode(tokens[i]);
        }
        return System.nanoTime() - start;
    }

    private int[] tokens(LoadedModel model) {
        int count = Math.max(prompt.get(), decode.get());
        if (usesRandomTokens.get()) {
            return new Random(seed.get())
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
