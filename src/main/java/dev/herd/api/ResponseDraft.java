package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.ResponseItem.ResponsePart;
import dev.herd.api.openai.ResponseObject;
import dev.herd.api.openai.ResponseOutput;
import dev.herd.api.openai.ResponseRequest;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A response in the making: what it is so far, at each of its states. Used by one thread at a time. */
final class ResponseDraft {
    private final String id = Ids.make("resp_");
    private final ResponseRequest request;
    private final long createdAt;
    private final List<Item> items = new ArrayList<>();
    private @Nullable ModerationReport moderation;

    /** A response without output, made {@code createdAt} seconds after 1970. */
    ResponseDraft(ResponseRequest request, long createdAt) {
        this.request = request;
        this.createdAt = createdAt;
    }

    String id() {
        return id;
    }

    /** The last output item; empty if there is none. */
    Optional<Item> last() {
        return items.isEmpty() ? Optional.empty() : Optional.of(items.getLast());
    }

    /** Index of the last output item. */
    int lastIndex() {
        return items.size() - 1;
    }

    /** Begins a message. */
    Item addMessage() {
        return add(new Item(Ids.make("msg_"), null, new StringBuilder(), false));
    }

    /** Begins a message that refuses an answer. */
    Item addRefusal(String text) {
        return add(new Item(Ids.make("msg_"), null, new StringBuilder(text), true));
    }

    /** Forgets all output. */
    void clear() {
        items.clear();
    }

    /** Begins a call. */
    Item addCall(CallDelta.Begun call) {
        return add(new Item(Ids.make("fc_"), call, new StringBuilder(), false));
    }

    private Item add(Item item) {
        items.add(item);
        return item;
    }

    /** The response before there is output. */
    ResponseObject state(String status) {
        return with(status, List.of(), null, null, null, null);
    }

    /** Takes what a guard says, before the response is finished. */
    void moderated(ModerationReport report) {
        moderation = report.single();
    }

    /** The response at its end. */
    ResponseObject finished(FinishReasonName reason, Usage usage, @Nullable SafetyReport safety) {
        boolean isFiltered = reason == FinishReasonName.CONTENT_FILTER;
        boolean isCut = reason == FinishReasonName.LENGTH || isFiltered;
        String status = isCut ? "incomplete" : "completed";
        List<ResponseOutput> output = new ArrayList<>();
        for (int index = 0; index < items.size(); index++) {
            output.add(items.get(index).output(index == lastIndex() ? status : "completed"));
        }
        return with(
                status,
                output,
                isCut
                        ? new ResponseObject.IncompleteDetails(isFiltered ? "content_filter" : "max_output_tokens")
                        : null,
                null,
                ResponseObject.ResponseUsage.of(usage),
                safety);
    }

    /** The response after an error. */
    ResponseObject failed(ApiException error) {
        String code = Objects.requireNonNullElse(error.body().error().code(), "server_error");
        return with(
                "failed",
                List.of(),
                null,
                new ResponseObject.Failure(code, error.body().error().message()),
                null,
                error.body().error().safety());
    }

    private ResponseObject with(
            String status,
            List<ResponseOutput> output,
            ResponseObject.@Nullable IncompleteDetails incomplete,
            ResponseObject.@Nullable Failure failure,
            ResponseObject.@Nullable ResponseUsage usage,
            @Nullable SafetyReport safety) {
        JsonNode choice = request.toolChoice();
        return new ResponseObject(
                id,
                "response",
                createdAt,
                status,
                request.wantsBackground(),
                failure,
                incomplete,
                request.instructions(),
                request.maxOutputTokens(),
                request.model(),
                output,
                !Boolean.FALSE.equals(request.parallelToolCalls()),
                request.previousResponseId(),
                request.wantsStore(),
                request.temperature(),
                format(),
                choice == null || choice.isNull() ? TextNode.valueOf("auto") : choice,
                request.tools() == null ? List.of() : request.tools(),
                request.topP(),
                "disabled",
                usage,
                request.metadata() == null ? Map.of() : request.metadata(),
                safety,
                moderation);
    }

    private ResponseRequest.TextConfig format() {
        ResponseRequest.TextConfig text = request.text();
        return text == null || text.format() == null
                ? new ResponseRequest.TextConfig(ResponseRequest.TextFormat.plain())
                : text;
    }

    /**
     * An output item as it grows.
     *
     * @param call which call it is; null for a message
     * @param text of the message, or of the call's arguments
     * @param isRefusal whether the message refuses an answer
     */
    record Item(String id, CallDelta.@Nullable Begun call, StringBuilder text, boolean isRefusal) {
        /** The item as it now is. */
        ResponseOutput output(String status) {
            return call == null
                    ? ResponseOutput.message(id, status, List.of(part()))
                    : ResponseOutput.call(id, status, call.id(), call.name(), text.toString());
        }

        /** The only part of the message. */
        ResponsePart part() {
            return isRefusal ? ResponsePart.refusing(text.toString()) : ResponsePart.output(text.toString());
        }
    }
}
