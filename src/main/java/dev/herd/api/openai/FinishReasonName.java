package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Why a choice ended, as clients read it. */
public enum FinishReasonName {
    /** A stop token or stop string. */
    @JsonProperty("stop")
    STOP,
    /** The token limit or the end of the context. */
    @JsonProperty("length")
    LENGTH
}
