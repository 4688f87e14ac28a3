package dev.herd.safety;

/** Where a text comes from. */
public enum TextSource {
    /** The operator or developer; trusted, and not scanned. */
    SYSTEM,
    /** The person who asks. */
    USER,
    /** The model, or what a client says that the model has said. */
    ASSISTANT,
    /** The result of a call. */
    TOOL,
    /** Something retrieved. */
    DOCUMENT,
    /** Text seen in a picture. */
    IMAGE;

    /** Whether somebody else than the person who asks may have written it, so that the stricter thresholds apply. */
    public boolean isThirdParty() {
        return this == TOOL || this == DOCUMENT || this == IMAGE || this == ASSISTANT;
    }
}
