package dev.herd.guard;

import dev.herd.chat.PictureTokens;
import dev.herd.engine.Engine;
import dev.herd.engine.SampledToken;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import dev.herd.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Llama Guard on an engine of Herd's: reads the verdict where it stands, and its probability. */
public final class LlamaGuard implements ContentGuard {
    /** Halvings of a text that is too long for one prompt. */
    private static final int MOST_HALVINGS = 4;

    private final String name;
    private final String revision;
    private final Tokenizer tokenizer;
    private final PromptTokens prompts;
    private final EngineQuestions questions;
    private final int contextLength;
    private final ScoreMode scoreMode;
    private final int safe;
    private final int unsafe;

    /** Where the verdict is looked for. */
    public enum ScoreMode {
        /** Behind the line breaks that are put there: one pass. */
        FIXED_POSITION,
        /** At once, and behind the line breaks that the model may write first: two passes. */
        MARGINAL
    }

    /**
     * The model.
     *
     * @param revision changes when its answers may
     * @param pictures how it sees pictures; empty if it sees none
     * @param tileSize pixels per side of its tiles
     * @param stopTokens ids that end an answer
     * @param contextLength longest prompt and answer together, in tokens
     */
    public record Model(
            String revision,
            Engine engine,
            Tokenizer tokenizer,
            Optional<PictureTokens> pictures,
            int tileSize,
            Set<Integer> stopTokens,
            int contextLength) {
        public Model {
            stopTokens = Set.copyOf(stopTokens);
        }
    }

    /**
     * A guard.
     *
     * @param name what policies call it
     * @param variant the template that its prompts are checked with; policies choose one themselves
     * @throws IllegalArgumentException if the model cannot be asked: an unknown template, a missing special token, or a
     *     vocabulary in which "safe" or "unsafe" is no single token
     */
    public LlamaGuard(String name, String variant, Model model, ScoreMode scoreMode) {
        this.name = name;
        this.revision = model.revision();
        this.tokenizer = model.tokenizer();
        this.prompts = new PromptTokens(
                tokenizer, model.pictures().map(tokens -> new PromptTokens.Sight(tokens, model.tileSize())));
        this.questions = new EngineQuestions(model.engine(), model.stopTokens());
        this.contextLength = model.contextLength();
        this.scoreMode = scoreMode;
        this.safe = single("safe");
        this.unsafe = single("unsafe");
        checkPrompt(variant);
        if (scoreMode == ScoreMode.MARGINAL) {
            single(GuardTemplate.BEFORE_VERDICT);
        }
    }

    private int single(String word) {
        int[] ids = tokenizer.encode(word);
        if (ids.length != 1) {
            throw new IllegalArgumentException("'" + word.replace("\n", "\\n") + "' is " + ids.length
                    + " tokens of the guard model's vocabulary, but must be one; is it a Llama Guard?");
        }
        return ids[0];
    }

    private void checkPrompt(String variant) {
        GuardTemplate template = GuardTemplate.of(variant)
                .orElseThrow(() -> new IllegalArgumentException("there is no prompt template '" + variant
                        + "'; there are " + String.join(", ", GuardTemplate.variants())));
        GuardPrompt prompt = GuardPrompt.of(
                template,
                Direction.INPUT,
                List.of(new GuardTurn(GuardTurn.Speaker.USER, "hi")),
                List.of(new GuardCategory("S1", "Violent Crimes", "")));
        String decoded = tokenizer.decode(
                prompts.encode(prompt, GuardTemplate.BEFORE_VERDICT, "").ids());
        if (!decoded.contains(GuardTemplate.CATEGORIES_BEGIN) || !decoded.contains(template.instruction("User"))) {
            throw new IllegalArgumentException("the guard model's vocabulary cannot spell the prompt " + variant);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String revision() {
        return revision;
    }

    @Override
    public boolean seesPictures() {
        return prompts.seesPictures();
    }

    @Override
    public GuardScores assess(GuardQuery query) throws GuardException {
        long deadline = System.nanoTime() + query.timeout().toNanos();
        GuardTemplate template = GuardTemplate.of(query.settings().templateVariant())
                .orElseThrow(() -> new GuardException(
                        Status.MISCONFIGURED,
                        "there is no prompt template " + query.settings().templateVariant()));
        ScoreSum sum = new ScoreSum();
        List<Pending> pending = new ArrayList<>();
        try {
            for (GuardQuestion question : GuardQuestion.of(query, template)) {
                if (question.hasImages() && !prompts.seesPictures()) {
                    sum.addTruncation();
                    pose(question.withoutImages(), template, query, 0, sum, pending);
                } else {
                    pose(question, template, query, 0, sum, pending);
                }
            }
            for (Pending next : pending) {
                settle(next, query, deadline, sum);
            }
        } finally {
            pending.forEach(next -> next.asked.cancel());
        }
        return sum.scores();
    }

    /** A question that the engine works on. */
    private record Pending(GuardQuestion question, PromptTokens.Encoded prompt, EngineQuestions.Asked asked) {}

    /** Submits a question; one that is too long goes without the turns before, and then in halves. */
    private void pose(
            GuardQuestion question,
            GuardTemplate template,
            GuardQuery query,
            int halvings,
            ScoreSum sum,
            List<Pending> pending)
            throws GuardException {
        GuardPrompt prompt = GuardPrompt.of(template, query.direction(), question.turns(), question.categories());
        String ending = scoreMode == ScoreMode.MARGINAL ? "" : GuardTemplate.BEFORE_VERDICT;
        PromptTokens.Encoded encoded = encode(prompt, ending, query.cacheSalt());
        if (encoded.ids().length + EngineQuestions.ANSWER_TOKENS + 1 < contextLength) {
            sum.addTokens(encoded.ids().length);
            pending.add(new Pending(question, encoded, ask(encoded, query)));
            return;
        }
        sum.addTruncation();
        Optional<GuardQuestion> alone = question.withoutHistory();
        if (alone.isPresent()) {
            pose(alone.get(), template, query, halvings, sum, pending);
            return;
        }
        List<GuardQuestion> halves = halvings < MOST_HALVINGS ? question.halves() : List.of();
        if (halves.isEmpty()) {
            throw new GuardException(Status.TOO_LONG, "the text is too long for the guard's context");
        }
        for (GuardQuestion half : halves) {
            pose(half, template, query, halvings + 1, sum, pending);
        }
    }

    private PromptTokens.Encoded encode(GuardPrompt prompt, String ending, String scope) throws GuardException {
        try {
            return prompts.encode(prompt, ending, scope);
        } catch (IllegalArgumentException lacking) {
            throw new GuardException(Status.MISCONFIGURED, String.valueOf(lacking.getMessage()));
        }
    }

    private EngineQuestions.Asked ask(PromptTokens.Encoded prompt, GuardQuery query) throws GuardException {
        return scoreMode == ScoreMode.MARGINAL
                ? questions.ask(
                        prompt, List.of(safe, unsafe, single(GuardTemplate.BEFORE_VERDICT)), 1, query.cacheSalt())
                : questions.ask(prompt, List.of(safe, unsafe), EngineQuestions.ANSWER_TOKENS, query.cacheSalt());
    }

    private void settle(Pending pending, GuardQuery query, long deadline, ScoreSum sum) throws GuardException {
        SampledToken first = pending.asked.first(deadline);
        PromptTokens.Encoded place = pending.prompt;
        boolean mayGoOn = scoreMode == ScoreMode.FIXED_POSITION;
        VerdictScore score = VerdictScore.of(logProb(first, 0), logProb(first, 1));
        if (!mayGoOn) {
            place = with(place, single(GuardTemplate.BEFORE_VERDICT));
            SampledToken behind = questions
                    .ask(place, List.of(safe, unsafe), 1, query.cacheSalt())
                    .first(deadline);
            score = VerdictScore.marginal(
                    logProb(first, 0),
                    logProb(first, 1),
                    logProb(first, 2),
                    VerdictScore.of(logProb(behind, 0), logProb(behind, 1)));
        }
        if (score.isLowMass()) {
            List<SampledToken> answer = mayGoOn
                    ? pending.asked.all(deadline)
                    : questions
                            .ask(place, List.of(), EngineQuestions.ANSWER_TOKENS, query.cacheSalt())
                            .all(deadline);
            sum.addUnlikely(pending.question, Verdict.parse(text(answer)));
        } else if (score.unsafe() < query.threshold()
                || pending.question.categories().size() == 1) {
            pending.asked.cancel();
            sum.add(pending.question, score.unsafe(), single(pending.question, score, query));
        } else if (mayGoOn && first.id() == unsafe) {
            List<SampledToken> answer = pending.asked.all(deadline);
            sum.add(pending.question, score.unsafe(), Verdict.unsafe(text(answer.subList(1, answer.size()))));
        } else {
            pending.asked.cancel();
            List<SampledToken> codes = questions
                    .ask(with(place, unsafe), List.of(), EngineQuestions.ANSWER_TOKENS - 1, query.cacheSalt())
                    .all(deadline);
            sum.add(pending.question, score.unsafe(), Verdict.unsafe(text(codes)));
        }
    }

    /** With one category, an unsafe text is of that category; there is nothing to be written down. */
    private static Verdict single(GuardQuestion question, VerdictScore score, GuardQuery query) {
        boolean isOne = question.categories().size() == 1;
        boolean isUnsafe = score.unsafe() >= query.threshold();
        return new Verdict(
                isUnsafe, isOne ? List.of(question.categories().getFirst().code()) : List.of(), false);
    }

    private static double logProb(SampledToken token, int watched) {
        return token.alternatives().get(watched).logProb();
    }

    private static PromptTokens.Encoded with(PromptTokens.Encoded prompt, int token) {
        int[] longer = Arrays.copyOf(prompt.ids(), prompt.ids().length + 1);
        longer[prompt.ids().length] = token;
        return new PromptTokens.Encoded(longer, prompt.images());
    }

    private String text(List<SampledToken> tokens) {
        int[] ids = tokens.stream()
                .mapToInt(SampledToken::id)
                .filter(id -> !tokenizer.isSpecial(id))
                .toArray();
        return tokenizer.decode(ids);
    }
}
