package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.Moderation;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.ModerationVerdict;
import dev.herd.api.openai.ModerationWish;
import dev.herd.api.openai.ModerationWish.Mode;
import dev.herd.api.openai.ModerationWish.Rule;
import dev.herd.safety.Caller;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Conversation;
import dev.herd.safety.Direction;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One chat request's own moderation: first {@link #admit}, then {@link #judge}. Waits for the guard; not for an event
 * loop.
 */
final class ChatModeration {
    private final Moderations moderations;
    private final ModerationWish wish;
    private final Caller caller;
    private final ContentGuard guard;
    private List<Segment> segments = List.of(); // what goes to the model, once it is known
    private @Nullable ModerationVerdict input;

    private ChatModeration(Moderations moderations, ModerationWish wish, Caller caller) {
        this.moderations = moderations;
        this.wish = wish;
        this.caller = caller;
        this.guard = moderations.guard(wish.model());
    }

    /**
     * The moderation that a request asks for; empty if it asks for none.
     *
     * @throws ApiException 404 if there is no such guard
     */
    static Optional<ChatModeration> of(ChatCompletionRequest request, Moderations moderations, Caller caller) {
        ModerationWish wish = request.moderation();
        if (wish == null) {
            return Optional.empty();
        }
        return Optional.of(new ChatModeration(moderations, wish, caller));
    }

    /** Whether the guard looks at pictures. */
    boolean showsPictures() {
        return guard.seesPictures();
    }

    /**
     * Judges the conversation.
     *
     * @throws ApiException 400 if it is unsafe and is to be blocked, or as the guard fails whose verdict may block
     */
    void admit(List<Segment> conversation) {
        segments = conversation;
        Rule rule = wish.input();
        List<GuardTurn> turns = Conversation.input(conversation, moderations.settings());
        if (rule == null || turns.isEmpty()) {
            return;
        }
        Moderation.Result result;
        try {
            result = Moderations.result(moderations.ask(guard, Direction.INPUT, turns, caller), guard, turns);
        } catch (ApiException failed) {
            if (rule.mode() == Mode.BLOCK) {
                throw failed;
            }
            input = ModerationVerdict.failed(failed.body().error());
            return;
        }
        input = ModerationVerdict.of(guard.name(), List.of(result));
        if (rule.mode() == Mode.BLOCK && result.flagged()) {
            throw ApiException.contentFilter(
                    "The conversation was judged to be unsafe, and the request asked to block it.", "messages", null);
        }
    }

    /** Whether answers may have to be held back. */
    boolean mayWithhold() {
        return wish.output() != null && wish.output().mode() == Mode.BLOCK;
    }

    /** The sink of an answer, with the guard before it. */
    AnswerSink before(AnswerSink sink, Answer answer) {
        return new ModeratedSink(sink, this, answer::isCancelled);
    }

    /**
     * What is to be told of an answer.
     *
     * @param withheld numbers of the choices that are not to be shown
     */
    record Judgement(ModerationReport report, Set<Integer> withheld) {
        Judgement {
            withheld = Set.copyOf(withheld);
        }
    }

    /**
     * Judges the choices.
     *
     * @param texts of each of them
     * @throws ApiException if the guard gives no answer, and what it does not judge is to be held back
     */
    Judgement judge(List<String> texts) {
        if (wish.output() == null) {
            return new Judgement(new ModerationReport(input, null), Set.of());
        }
        try {
            List<Moderation.Result> results = new ArrayList<>();
            Set<Integer> withheld = new HashSet<>();
            for (String text : texts) {
                Moderation.Result result = result(text);
                if (mayWithhold() && result.flagged()) {
                    withheld.add(results.size());
                }
                results.add(result);
            }
            ModerationVerdict output = ModerationVerdict.of(guard.name(), results);
            return new Judgement(new ModerationReport(input, output), withheld);
        } catch (ApiException failed) {
            if (mayWithhold()) {
                throw failed;
            }
            return new Judgement(
                    new ModerationReport(
                            input, ModerationVerdict.failed(failed.body().error())),
                    Set.of());
        }
    }

    private Moderation.Result result(String text) {
        List<GuardTurn> turns = Conversation.output(segments, text, moderations.settings());
        GuardScores scores =
                text.isEmpty() ? GuardScores.safe(0) : moderations.ask(guard, Direction.OUTPUT, turns, caller);
        return Moderations.result(scores, guard, List.of());
    }
}
