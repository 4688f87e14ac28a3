package dev.herd.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;

/**
 * Server-sent events, framed exactly. What is written is gathered until {@link #flush}, so that several events share a
 * packet. Used on the response's event loop only.
 */
final class EventStream {
    private static final byte[] EVENT = "event: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PING = ": ping\n\n".getBytes(StandardCharsets.US_ASCII);

    private static final int FULL_PACKET = 16_384;

    private final HttpServerResponse response;
    private Buffer gathered = Buffer.buffer();
    private boolean isSilent = true;

    EventStream(HttpServerResponse response) {
        this.response = response;
        response.setChunked(true);
    }

    /** An event with this JSON text, which contains no line break. */
    void event(byte[] json) {
        gathered.appendBytes(DATA).appendBytes(json).appendBytes(END);
        if (gathered.length() >= FULL_PACKET) {
            flush(); // so that back-pressure is felt before more is gathered
        }
    }

    /** A named event; {@code name} is plain ASCII. */
    void event(String name, byte[] json) {
        gathered.appendBytes(EVENT)
                .appendBytes(name.getBytes(StandardCharsets.US_ASCII))
                .appendByte((byte) '\n');
        event(json);
    }

    /** The event that tells OpenAI's clients that no other follows. */
    void done() {
        gathered.appendBytes(DONE);
    }

    /**
     * Sends a comment if nothing was sent since the last call. Clients skip it; it keeps what lies between from closing
     * an idle connection.
     */
    void pingIfSilent() {
        if (isSilent && !isFull()) {
            gathered.appendBytes(PING);
            flush();
        }
        isSilent = true;
    }

    /** Hands what was gathered to the network. */
    void flush() {
        if (gathered.length() > 0 && isOpen()) {
            response.write(gathered);
            isSilent = false;
            gathered = Buffer.buffer();
        }
    }

    /** Flushes and ends the response. */
    void end() {
        flush();
        if (isOpen()) {
            response.end();
        }
    }

    /** Whether the client reads slower than is written. */
    boolean isFull() {
        return isOpen() && response.writeQueueFull();
    }

    /** Calls {@code resume} each time that the client has caught up. */
    void onRoom(Runnable resume) {
        response.drainHandler(ready -> resume.run());
    }

    /** Whether anything has been sent, so that the status cannot be changed any more. */
    boolean isBegun() {
        return response.headWritten();
    }

    private boolean isOpen() {
        return !response.ended() && !response.closed();
    }
}
