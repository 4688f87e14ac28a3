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
import dev.herd.safety.Conversation;
import dev.herd.safety.Direction;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardTurn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One chat request's own moderation: first {@link #admit}, then {@link #judge}. Waits for the guard; not for an event
 * loop.
 */
final class ChatModeration {
    private static final String WITHHELD = "The answer was held back because it was judged to be unsafe.";

    private final Moderations moderations;
    private final ModerationWish wish;
    private final Caller caller;
    private final ContentGuard guard;
    private List<Segment> segments = List.of(); // what goes to the model, once it is known
    private Moderation.@Nullable Result input;

    private ChatModeration(Moderations moderations, ModerationWish wish, Caller caller) {
        this.moderations = moderations;
        this.wish = wish;
        this.caller = caller;
        this.guard = moderations.guard(wish.model());
    }

    /**
     * The moderation that a request asks for; empty if it asks for none.
     *
     * @throws ApiException 404 if there is no such guard, 400 if the answer is to be streamed: what a guard has yet to
     *     judge as a whole cannot be sent
     */
    static Optional<ChatModeration> of(ChatCompletionRequest request, Moderations moderations, Caller caller) {
        ModerationWish wish = request.moderation();
        if (wish == null) {
            return Optional.empty();
        }
        if (request.wantsStream()) {
            throw ApiException.unsupportedParameter("moderation");
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
     * @throws ApiException 400 if it is unsafe and is to be blocked
     */
    void admit(List<Segment> conversation) {
        segments = conversation;
        Rule rule = wish.input();
        List<GuardTurn> turns = Conversation.input(conversation, moderations.settings());
        if (rule == null || turns.isEmpty()) {
            return;
        }
        GuardScores scores = moderations.ask(guard, Direction.INPUT, turns, caller);
        input = Moderations.result(scores, guard, turns);
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
                choices, new ModerationReport(guard.name(), input, Moderations.result(worst, guard, List.of())));
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
        List<GuardTurn> conversation = Conversation.output(segments, text.toString(), moderations.settings());
        return text.isEmpty() ? GuardScores.safe(0) : moderations.ask(guard, Direction.OUTPUT, conversation, caller);
    }

    private static Choice withheld(Choice choice) {
        return new Choice(choice.index(), Message.refusing(WITHHELD), null, FinishReasonName.CONTENT_FILTER);
    }
}
