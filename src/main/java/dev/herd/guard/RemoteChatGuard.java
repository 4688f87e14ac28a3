package dev.herd.guard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Llama Guard behind an OpenAI-compatible chat endpoint: the rendered prompt is the user's message, so the server's own
 * chat template must put nothing but the tokens of a turn around it. Text only.
 */
public final class RemoteChatGuard implements ContentGuard {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TOP_LOGPROBS = 20;

    private final String name;
    private final String model;
    private final RemoteGuard server;

    /**
     * A guard.
     *
     * @param name what policies call it
     * @param model what the server calls it
     * @param url of the chat completions endpoint
     * @param apiKey sent as bearer token; empty for none
     */
    public RemoteChatGuard(String name, String model, URI url, Optional<String> apiKey) {
        this.name = name;
        this.model = model;
        this.server = new RemoteGuard(RemoteGuard.client(), url, apiKey);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String revision() {
        return "chat:" + model;
    }

    @Override
    public GuardScores assess(GuardQuery query) throws GuardException {
        long deadline = System.nanoTime() + query.timeout().toNanos();
        GuardTemplate template = GuardTemplate.of(query, GuardTemplate.LG4_HF);
        ScoreSum sum = new ScoreSum();
        for (GuardQuestion asked : GuardQuestion.of(query, template)) {
            if (asked.hasImages()) {
                sum.addTruncation();
            }
            GuardQuestion question = asked.withoutImages();
            GuardPrompt prompt = GuardPrompt.of(template, query.direction(), question.turns(), question.categories());
            Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
            add(question, server.post(body(prompt), left), sum);
        }
        return sum.scores();
    }

    private ObjectNode body(GuardPrompt prompt) {
        ObjectNode body = JSON.createObjectNode();
        body.put("model", model);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt.userText());
        body.put("temperature", 0);
        body.put("max_tokens", EngineQuestions.ANSWER_TOKENS);
        body.put("logprobs", true);
        body.put("top_logprobs", TOP_LOGPROBS);
        return body;
    }

    private static void add(GuardQuestion question, JsonNode answer, ScoreSum sum) throws GuardException {
        JsonNode choice = answer.path("choices").path(0);
        Verdict verdict = Verdict.parse(choice.path("message").path("content").asText());
        sum.addTokens(answer.path("usage").path("total_tokens").asInt());
        OptionalDouble score = score(choice.path("logprobs").path("content"));
        sum.add(question, score.orElse(verdict.isUnsafe() ? 1 : 0), named(question, verdict));
    }

    /** With one category, an unsafe text is of that category, whether it is written down or not. */
    private static Verdict named(GuardQuestion question, Verdict verdict) {
        boolean isObvious = verdict.isUnsafe()
                && verdict.codes().isEmpty()
                && question.categories().size() == 1;
        return isObvious
                ? new Verdict(true, List.of(question.categories().getFirst().code()), false)
                : verdict;
    }

    /** The probability of "unsafe" where the verdict stands, if the server says it. */
    private static OptionalDouble score(JsonNode tokens) {
        for (JsonNode token : tokens) {
            if (token.path("token").asText().isBlank()) {
                continue;
            }
            List<JsonNode> all = new ArrayList<>();
            token.path("top_logprobs").forEach(all::add);
            all.add(token);
            double safe = logProb(all, "safe");
            double unsafe = logProb(all, "unsafe");
            return safe == Double.NEGATIVE_INFINITY && unsafe == Double.NEGATIVE_INFINITY
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(VerdictScore.of(safe, unsafe).unsafe());
        }
        return OptionalDouble.empty();
    }

    private static double logProb(List<JsonNode> tokens, String word) {
        return tokens.stream()
                .filter(token -> token.path("token").asText().equals(word))
                .mapToDouble(token -> token.path("logprob").asDouble(Double.NEGATIVE_INFINITY))
                .max()
                .orElse(Double.NEGATIVE_INFINITY);
    }
}
