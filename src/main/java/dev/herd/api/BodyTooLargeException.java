package dev.herd.api;

import dev.herd.api.openai.ApiException;
import java.io.IOException;

/** A body that turned out to be larger than allowed while it was read. An IOException, so that parsers let it pass. */
final class BodyTooLargeException extends IOException {
    BodyTooLargeException() {
        super("the body is too large");
    }

    /** What the client is told. */
    ApiException error() {
        return ErrorMappers.rejection(413);
    }
}
