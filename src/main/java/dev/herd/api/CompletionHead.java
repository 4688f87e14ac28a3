package dev.herd.api;

import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ScoreColumns;
import java.util.List;

/**
 * What all parts of a completion have in common.
 *
 * @param created seconds since 1970
 * @param echoes what each choice's text begins with, often nothing
 * @param scoresEchoes whether these have log-probabilities, too
 */
record CompletionHead(
        String id,
        long created,
        String model,
        List<Echo> echoes,
        boolean scoresEchoes,
        boolean wantsLogProbs,
        boolean wantsStreamUsage) {
    CompletionHead {
        echoes = List.copyOf(echoes);
    }

    int choiceCount() {
        return echoes.size();
    }

    /** Makes the columns of log-probabilities of each choice. */
    List<ScoreColumns> columns() {
        return echoes.stream()
                .map(echo -> new ScoreColumns(scoresEchoes ? 0 : echo.text.codePointCount(0, echo.text.length())))
                .toList();
    }

    /**
     * What a choice's text begins with.
     *
     * @param unscored the tokens at its beginning that have no log-probability, at most one
     */
    record Echo(String text, List<LogProbs.Item> unscored) {}
}
