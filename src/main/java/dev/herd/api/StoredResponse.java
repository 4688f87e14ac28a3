package dev.herd.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.ResponseItem;
import dev.herd.api.openai.ResponseObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A response that can be asked for again.
 *
 * @param tenant who may ask for it
 * @param input what the client said in it
 * @param conversation the chat messages that a later turn begins with, the answer included
 * @param running the answer in the making, while nobody waits for it
 */
record StoredResponse(
        String tenant,
        ResponseObject response,
        List<ResponseItem> input,
        List<JsonNode> conversation,
        @Nullable Answer running) {
    StoredResponse {
        input = List.copyOf(input);
        conversation = List.copyOf(conversation);
    }

    String id() {
        return response.id();
    }
}
