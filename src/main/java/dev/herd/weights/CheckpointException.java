package dev.herd.weights;

/** A checkpoint that cannot be used. The message is one sentence that names the file and, if it is one, the tensor. */
public final class CheckpointException extends RuntimeException {
    public CheckpointException(String message) {
        super(message);
    }

    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
