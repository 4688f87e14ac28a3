package dev.herd.guard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardException.Status;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * An OpenAI-compatible moderation endpoint: judges the text of the last turn by the server's own categories, of which those
 * count that mean one that was asked about. Knows neither custom categories nor directions; text only.
 */
public final class RemoteModerationGuard implements ContentGuard {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final String model;
    private final RemoteGuard server;

    /**
     * A guard.
     *
     * @param name what policies call it
     * @param model what the server calls it
     * @param url of the moderation endpoint
     * @param apiKey sent as bearer token; empty for none
     */
    public RemoteModerationGuard(String name, String model, URI url, Optional<String> apiKey) {
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
        return "moderation:" + model;
    }

    @Override
    public GuardScores assess(GuardQuery query) throws GuardException {
        GuardTurn judged = query.turns().getLast();
        ObjectNode body = JSON.createObjectNode();
        body.put("model", model);
        ArrayNode input = body.putArray("input");
        input.add(judged.text());
        JsonNode result = server.post(body, query.timeout()).path("results").path(0);
        if (!result.path("flagged").isBoolean()) {
            throw new GuardException(Status.UNPARSEABLE, "the guard's answer has no results[0].flagged");
        }
        return scores(query, result, !judged.images().isEmpty());
    }

    private static GuardScores scores(GuardQuery query, JsonNode result, boolean isTruncated) {
        Set<String> asked = query.categories().stream().map(GuardCategory::code).collect(Collectors.toSet());
        Map<String, Double> byCode = new HashMap<>();
        Set<String> unlisted = new TreeSet<>();
        for (Map.Entry<String, JsonNode> category : result.path("categories").properties()) {
            double score = result.path("category_scores")
                    .path(category.getKey())
                    .asDouble(category.getValue().asBoolean() ? 1 : 0);
            List<String> codes = ModerationNames.codes(category.getKey());
            for (String code : codes.isEmpty() ? List.of(category.getKey()) : codes) {
                if (asked.contains(code)) {
                    byCode.merge(code, score, Math::max);
                } else if (category.getValue().asBoolean()) {
                    unlisted.add(code);
                }
            }
        }
        double highest =
                byCode.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
        boolean isUnnamed = result.path("flagged").asBoolean() && byCode.isEmpty() && unlisted.isEmpty();
        return new GuardScores(isUnnamed ? 1 : highest, byCode, List.copyOf(unlisted), false, isTruncated, 0);
    }
}
