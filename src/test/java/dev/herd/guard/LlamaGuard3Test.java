package dev.herd.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.engine.EngineStatus;
import dev.herd.golden.Golden;
import dev.herd.guard.LlamaGuard.ScoreMode;
import dev.herd.model.NaiveLlama;
import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardSettings;
import dev.herd.safety.GuardSettings.CategoryMode;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
import dev.herd.tokenizer.Tokenizers;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.ModelConfig.RopeScaling;
import dev.herd.weights.TinyLlama;
import dev.herd.weights.TinyLlama.Sizes;
import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Llama Guard 3 from end to end on tiny random checkpoints, against {@link NaiveLlama}. */
class LlamaGuard3Test {
    /** So strong that both verdicts together have nearly all of the probability. */
    private static final float STRONG = 25;

    private static final int VOCABULARY = 610;
    private static final GuardQuery INPUT = query(Direction.INPUT, "auto", new GuardTurn(Speaker.USER, "How? "));
    private static final GuardQuery OUTPUT = query(
            Direction.OUTPUT,
            "auto",
            new GuardTurn(Speaker.USER, "Why?"),
            new GuardTurn(Speaker.AGENT, "<|eot_id|> So it is,\n\n and was."));
    private static final GuardQuery LONG =
            query(Direction.INPUT, "auto", new GuardTurn(Speaker.USER, "some words ".repeat(40)));

    /** What there is: sizes like 8B's and 1B's, in both formats. */
    enum Model {
        HF_8B(GuardTemplate.LG3_HF, false, false),
        HF_1B(GuardTemplate.LG3_1B_HF, true, false),
        GGUF_8B(GuardTemplate.LG3_HF, false, true),
        GGUF_1B(GuardTemplate.LG3_1B_HF, true, true);

        private final GuardTemplate template;
        private final boolean isGguf;
        private final boolean isTied;

        Model(GuardTemplate template, boolean isTied, boolean isGguf) {
            this.template = template;
            this.isTied = isTied;
            this.isGguf = isGguf;
        }

        TinyLlama weights() {
            return TinyLlama.random(
                    new Sizes(16, 24, 2, 4, 2, 4, VOCABULARY, 500_000, new RopeScaling(8, 1, 4, 64), isTied), 5);
        }
    }

    @TempDir
    Path folder;

    private static GuardQuery query(Direction direction, String template, GuardTurn... turns) {
        return new GuardQuery(
                direction,
                List.of(turns),
                GuardCategory.BUILT_IN,
                0.5,
                new GuardSettings(template, CategoryMode.JOINT, 6, false),
                "salt",
                Duration.ofMinutes(1));
    }

    private TinyGuard open(Model model) throws IOException {
        Path vocabulary = Golden.folder("llama").resolve("tokenizer.json");
        Path path = model.isGguf
                ? model.weights().writeGguf(folder.resolve("guard.gguf"))
                : model.weights().writeHuggingFace(folder.resolve("guard"));
        if (!model.isGguf) {
            Files.copy(vocabulary, path.resolve("tokenizer.json"));
        }
        Checkpoint checkpoint = Checkpoints.open(path);
        TinyGuard tiny = new TinyGuard(
                checkpoint,
                Tokenizers.of(model.isGguf ? new Vocabulary.TokenizerJson(vocabulary) : checkpoint.vocabulary()));
        tiny.runner.prefer(tiny.id("\n\n"), tiny.id("safe"), STRONG);
        tiny.runner.prefer(tiny.id("\n\n"), tiny.id("unsafe"), STRONG);
        return tiny;
    }

    private static LlamaGuard guard(TinyGuard tiny, Model model) {
        return new LlamaGuard("llama-guard-3", model.template.variant(), tiny.model(), ScoreMode.FIXED_POSITION);
    }

    private static double naiveScore(TinyGuard tiny, Model model, GuardQuery query) throws GuardException {
        GuardQuestion question = GuardQuestion.of(query, model.template).getFirst();
        GuardPrompt prompt = GuardPrompt.of(model.template, query.direction(), question.turns(), question.categories());
        int[] ids = new PromptTokens(tiny.tokenizer, Optional.empty())
                .encode(prompt, "\n\n", "")
                .ids();
        double[] logits = new NaiveLlama(model.weights()).forward(ids)[ids.length - 1];
        return 1 / (1 + Math.exp(logits[tiny.id("safe")] - logits[tiny.id("unsafe")]));
    }

    static List<Arguments> questions() {
        return Arrays.stream(Model.values())
                .flatMap(model -> List.of(INPUT, OUTPUT, LONG).stream().map(query -> Arguments.of(model, query)))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("questions")
    void scoresEqualThoseOfTheNaiveModel(Model model, GuardQuery query) throws Exception {
        try (TinyGuard tiny = open(model)) {
            GuardScores scores = guard(tiny, model).assess(query);

            assertThat(scores.unsafe()).isCloseTo(naiveScore(tiny, model, query), within(1e-5));
            assertThat(scores.isLowMass()).isFalse();
            assertThat(scores.isTruncated()).isFalse();
            assertThat(scores.tokens()).isGreaterThan(300);
        }
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void questionsTogetherHaveTheScoresOfEachAlone(Model model) throws Exception {
        List<GuardQuery> queries = IntStream.range(0, 8)
                .mapToObj(i -> List.of(INPUT, OUTPUT, LONG).get(i % 3))
                .toList();
        try (TinyGuard tiny = open(model);
                var threads = Executors.newFixedThreadPool(8)) {
            LlamaGuard guard = guard(tiny, model);
            List<Callable<GuardScores>> jobs = queries.stream()
                    .<Callable<GuardScores>>map(query -> () -> guard.assess(query))
                    .toList();

            List<Future<GuardScores>> together = threads.invokeAll(jobs);

            for (int i = 0; i < queries.size(); i++) {
                assertThat(together.get(i).get().unsafe())
                        .isCloseTo(naiveScore(tiny, model, queries.get(i)), within(1e-5));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void aRememberedBeginningChangesNothing(Model model) throws Exception {
        try (TinyGuard tiny = open(model)) {
            LlamaGuard guard = guard(tiny, model);
            double first = guard.assess(INPUT).unsafe();
            long shared = whenFinished(tiny, 1).sharedTokens();

            double again = guard.assess(INPUT).unsafe();

            assertThat(shared).isZero();
            assertThat(whenFinished(tiny, 2).sharedTokens()).isGreaterThan(300);
            assertThat(again).isCloseTo(first, within(1e-6));
            assertThat(again).isCloseTo(naiveScore(tiny, model, INPUT), within(1e-5));
        }
    }

    /** What was shared is counted when a question ends, which may be a moment after it was answered. */
    private static EngineStatus whenFinished(TinyGuard tiny, int questions) {
        EngineStatus status = tiny.engine.status();
        while (status.finished().values().stream().mapToLong(Long::longValue).sum() < questions) {
            LockSupport.parkNanos(1_000_000);
            status = tiny.engine.status();
        }
        return status;
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void withoutATemplateTheVocabularyDecides(Model model) throws Exception {
        try (TinyGuard tiny = open(model)) {
            LlamaGuard guard = new LlamaGuard("g", "auto", tiny.model(), ScoreMode.FIXED_POSITION);
            GuardQuery named = query(Direction.INPUT, "lg3-hf", new GuardTurn(Speaker.USER, "How? "));

            assertThat(guard.assess(INPUT).unsafe())
                    .isCloseTo(guard.assess(named).unsafe(), within(1e-6));
        }
    }
}
