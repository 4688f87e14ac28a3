package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletion;
import dev.herd.api.openai.ChatCompletion.Choice;
import dev.herd.api.openai.ChatCompletion.Message;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ChatToolCall;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.Moderation;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.ModerationWish;
import dev.herd.api.openai.ModerationWish.Mode;
import dev.herd.api.openai.ModerationWish.Rule;
import dev.herd.safety.Caller;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Direction;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
import dev.herd.safety.TextSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One chat request's own moderation: first {@link #admit}, then {@link #judge}. Waits for the guard; not for an event
 * loop.
 */
final class ChatModeration {
    /** Before what a tool has answered: it is nobody's word, and not the user's. */
    static final String TOOL_RESULT = "Tool result (untrusted): ";

    private static final String WITHHELD = "The answer was held back because it was judged to be unsafe.";

    private final Moderations moderations;
    private final ModerationWish wish;
    private final Caller caller;
    private final ContentGuard guard;
    private final List<GuardTurn> turns;
    private Moderation.@Nullable Result input;

    private ChatModeration(Moderations moderations, ModerationWish wish, Caller caller, List<GuardTurn> turns) {
        this.moderations = moderations;
        this.wish = wish;
        this.caller = caller;
        this.guard = moderations.guard(wish.model());
        this.turns = turns;
    }

    /**
     * The moderation that a request asks for; null if it asks for none.
     *
     * @throws ApiException 404 if there is no such guard, 400 if the answer is to be streamed: what a guard has yet to
     *     judge as a whole cannot be sent
     */
    static @Nullable ChatModeration of(ChatCompletionRequest request, Moderations moderations, Caller caller) {
        ModerationWish wish = request.moderation();
        if (wish == null) {
            return null;
        }
        if (request.wantsStream()) {
            throw ApiException.unsupportedParameter("moderation");
        }
        return new ChatModeration(moderations, wish, caller, turns(request));
    }

    private static List<GuardTurn> turns(ChatCompletionRequest request) {
        List<GuardTurn> turns = new ArrayList<>();
        for (Segment segment : ChatSegments.of(request)) {
            if (segment.source() != TextSource.SYSTEM) {
                boolean isTool = segment.source() == TextSource.TOOL;
                turns.add(new GuardTurn(
                        segment.source() == TextSource.ASSISTANT ? Speaker.AGENT : Speaker.USER,
                        isTool ? TOOL_RESULT + segment.text() : segment.text()));
            }
        }
        return turns;
    }

    /**
     * Judges the conversation.
     *
     * @throws ApiException 400 if it is unsafe and is to be blocked
     */
    void admit() {
        Rule rule = wish.input();
        if (rule == null || turns.isEmpty()) {
            return;
        }
        GuardScores scores = moderations.ask(guard, Direction.INPUT, turns, caller);
        input = Moderations.result(scores, true, false);
        if (rule.mode() == Mode.BLOCK && input.flagged()) {
            throw ApiException.contentFilter(
                    "The conversation was judged to be unsafe, and the request asked to block it.", "messages", null);
        }
    }

    /** The answer with what the guard says of it, and without the choices that are to be blocked. */
    ChatCompletion judge(ChatCompletion completion) {
        Rule rule = wish.output();
        if (rule == null) {
            return completion.moderated(completion.choices(), new ModerationReport(guard.name(), input, null));
        }
        List<Choice> choices = new ArrayList<>();
        GuardScores worst = GuardScores.safe(0);
        for (Choice choice : completion.choices()) {
            GuardScores scores = judge(choice.message());
            worst = scores.unsafe() > worst.unsafe() ? scores : worst;
            choices.add(rule.mode() == Mode.BLOCK && Moderations.isFlagged(scores) ? withheld(choice) : choice);
        }
        return completion.moderated(
                choices, new ModerationReport(guard.name(), input, Moderations.result(worst, true, false)));
    }

    private GuardScores judge(Message message) {
        StringBuilder text = new StringBuilder(message.content() == null ? "" : message.content());
        if (message.toolCalls() != null) {
            for (ChatToolCall call : message.toolCalls()) {
                text.append('\n')
                        .append(call.function().name())
                        .append(' ')
                        .append(call.function().arguments());
            }
        }
        List<GuardTurn> conversation = new ArrayList<>(turns);
        conversation.add(new GuardTurn(Speaker.AGENT, text.toString()));
        return text.isEmpty() ? GuardScores.safe(0) : moderations.ask(guard, Direction.OUTPUT, conversation, caller);
    }

    private static Choice withheld(Choice choice) {
        return new Choice(choice.index(), Message.refusing(WITHHELD), null, FinishReasonName.CONTENT_FILTER);
    }
}
