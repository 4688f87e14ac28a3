package dev.herd.api;

import dev.herd.media.FetchPolicy;
import java.time.Duration;

/** What of the configuration concerns the endpoint. An interface, as its beans exist before the configuration does. */
public interface ApiSettings {
    /** A stream that is silent for this long gets a comment. */
    Duration heartbeat();

    /** What may be fetched for a request. */
    FetchPolicy fetchPolicy();

    /** Bytes of the largest request body. */
    long maxBodyBytes();

    /** Responses that are kept at most. */
    int maxResponses();

    /** Bytes of all kept responses together at most. */
    long maxResponseBytes();

    /** How long a response is kept at most. */
    Duration responseLifetime();
}
