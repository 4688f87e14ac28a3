package dev.herd.chat;

/** Who speaks. */
public enum Role {
    /** The operator or developer: how the model is to behave. */
    SYSTEM("system"),
    /** The person who asks. */
    USER("user"),
    /** The model. */
    ASSISTANT("assistant"),
    /** A tool: the result of a call that the model asked for. */
    TOOL("ipython");

    private final String header;

    Role(String header) {
        this.header = header;
    }

    /** The role's name in a Llama 4 message header. */
    String header() {
        return header;
    }
}
