package dev.herd.safety;

import java.time.Duration;
import java.util.List;

/**
 * A question to a content guard: is the last turn unsafe?
 *
 * @param direction {@link Direction#INPUT} judges the last user turn, {@link Direction#OUTPUT} the last agent turn
 * @param turns the conversation, oldest first; the last is the one that is judged
 * @param categories what counts; not empty
 * @param threshold the lowest score that the policy acts upon; below it a guard need not find out which categories it is
 * @param cacheSalt what computed prompts may be shared under: equal salts only
 * @param timeout how long the answer is waited for; a guard may give up by itself
 */
public record GuardQuery(
        Direction direction,
        List<GuardTurn> turns,
        List<GuardCategory> categories,
        double threshold,
        GuardSettings settings,
        String cacheSalt,
        Duration timeout) {
    public GuardQuery {
        turns = List.copyOf(turns);
        categories = List.copyOf(categories);
    }
}
