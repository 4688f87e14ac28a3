package dev.herd.engine;

import java.util.Map;

/**
 * What an engine is doing and has done, at one moment.
 *
 * @param accepting whether {@link Engine#submit} takes requests
 * @param running requests that are being computed
 * @param waiting requests that have been accepted and wait
 * @param usedBlocks key/value blocks that hold something
 * @param reservedBlocks key/value blocks that are promised to the running requests, used or not
 * @param blockCount all key/value blocks
 * @param promptTokens prompt tokens computed so far
 * @param sharedTokens prompt tokens that had been computed for another request so far
 * @param generatedTokens tokens chosen so far
 * @param finished requests ended so far, by reason; every reason is present
 * @param failures requests that ended in a failure
 * @param images pictures
 */
public record EngineStatus(
        boolean accepting,
        int running,
        int waiting,
        int usedBlocks,
        int reservedBlocks,
        int blockCount,
        long promptTokens,
        long sharedTokens,
        long generatedTokens,
        Map<FinishReason, Long> finished,
        long failures,
        Images images) {
    public EngineStatus {
        finished = Map.copyOf(finished);
    }

    /**
     * What has been done for pictures.
     *
     * @param hits pictures that were encoded already, or were just being encoded for another request
     * @param misses pictures that had to be encoded
     * @param encodedTiles tiles that went through the vision tower
     * @param cachedBytes memory of the pictures that are remembered
     */
    public record Images(long hits, long misses, long encodedTiles, long cachedBytes) {
        /** No pictures. */
        static final Images NONE = new Images(0, 0, 0, 0);
    }
}
