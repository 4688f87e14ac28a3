package dev.herd.fuzz;

import java.util.List;

/**
 * A request as the bytes that a client sends.
 *
 * @param pieces head and body, cut where the client pauses
 * @param pauseMillis how long it pauses between pieces
 * @param leaves whether it closes the connection without having read the answer
 * @param isFramed whether head and body are sound HTTP, so that the connection can be used again
 * @param isHead whether the answer has no body whatever its head says
 * @param hasUri whether its target is a URI; others are turned away before any of our code, without a body
 */
record FuzzRequest(
        List<byte[]> pieces, int pauseMillis, boolean leaves, boolean isFramed, boolean isHead, boolean hasUri) {}
