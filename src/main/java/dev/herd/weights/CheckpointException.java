package dev.herd.weights;

/**
 * A checkpoint that cannot be used. The message is one sentence that names the file and, if it is one, the tensor.
 * Names come from the file: control characters in them are replaced and very long messages cut.
 */
public final class CheckpointException extends RuntimeException {
    private static final int MAX_LENGTH = 1000;

    public CheckpointException(String message) {
        super(printable(message));
    }

    public CheckpointException(String message, Throwable cause) {
        super(printable(message), cause);
    }

    private static String printable(String message) {
        String cut = message.length() > MAX_LENGTH ? message.substring(0, MAX_LENGTH) + "…" : message;
        return cut.replaceAll("\\p{Cntrl}", "\uFFFD");
    }
}
