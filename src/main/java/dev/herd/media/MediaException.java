package dev.herd.media;

import java.util.OptionalInt;

/** A picture or video that is not accepted; the message is one sentence for whoever sent it. */
public final class MediaException extends RuntimeException {
    private final Reason reason;
    private final OptionalInt input;

    /** Why something is not accepted. */
    public enum Reason {
        /** The address is malformed or must not be asked. */
        INVALID_URL,
        /** The file is of a kind that is not accepted, or not of the kind that it claims. */
        INVALID_FORMAT,
        /** The file or what it holds exceeds a limit. */
        TOO_LARGE,
        /** The file is damaged. */
        DAMAGED,
        /** The address did not answer with the file. */
        DOWNLOAD_FAILED,
        /** Too much is being decoded at the moment. */
        BUSY
    }

    MediaException(Reason reason, String message) {
        this(reason, message, OptionalInt.empty());
    }

    private MediaException(Reason reason, String message, OptionalInt input) {
        super(message, null, false, false);
        this.reason = reason;
        this.input = input;
    }

    /** The same, said of one of a prompt's pictures and videos. */
    MediaException ofInput(int index) {
        return new MediaException(reason, String.valueOf(getMessage()), OptionalInt.of(index));
    }

    static MediaException invalidUrl(String message) {
        return new MediaException(Reason.INVALID_URL, message);
    }

    static MediaException invalidFormat(String message) {
        return new MediaException(Reason.INVALID_FORMAT, message);
    }

    static MediaException tooLarge(String message) {
        return new MediaException(Reason.TOO_LARGE, message);
    }

    static MediaException damaged(String message) {
        return new MediaException(Reason.DAMAGED, message);
    }

    static MediaException downloadFailed(String message) {
        return new MediaException(Reason.DOWNLOAD_FAILED, message);
    }

    static MediaException busy() {
        return new MediaException(Reason.BUSY, "Too many pictures are being decoded; try again later.");
    }

    /** Which of a prompt's pictures and videos it is, counted from 0; empty if it was judged alone. */
    public OptionalInt input() {
        return input;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
