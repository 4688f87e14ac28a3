package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Why a choice ended, as clients read it. */
@Schema(name = "FinishReason")
public enum FinishReasonName {
    /** A stop token or stop string. */
    @JsonProperty("stop")
    STOP,
    /** The token limit or the end of the context. */
    @JsonProperty("length")
    LENGTH,
    /** The answer asks for calls. */
    @JsonProperty("tool_calls")
    TOOL_CALLS,
    /** The safety policy does not let the answer pass. */
    @JsonProperty("content_filter")
    CONTENT_FILTER
}
