package dev.herd.api;

import dev.herd.api.openai.ScoreColumns;
import java.util.List;

/**
 * What all parts of a completion have in common.
 *
 * @param created seconds since 1970
 * @param echoes what each choice's text begins with, often nothing
 */
record CompletionHead(
        String id, long created, String model, List<String> echoes, boolean wantsLogProbs, boolean wantsStreamUsage) {
    CompletionHead {
        echoes = List.copyOf(echoes);
    }

    int choiceCount() {
        return echoes.size();
    }

    /** Makes the columns of log-probabilities of each choice. */
    List<ScoreColumns> columns() {
        return echoes.stream()
                .map(echo -> new ScoreColumns(echo.codePointCount(0, echo.length())))
                .toList();
    }
}
