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
 * @param generatedTokens tokens chosen so far
 * @param finished requests ended so far, by reason; every reason is present
 * @param failures requests that ended in a failure
 */
public record EngineStatus(
        boolean accepting,
        int running,
        int waiting,
        int usedBlocks,
        int reservedBlocks,
        int blockCount,
        long promptTokens,
        long generatedTokens,
        Map<FinishReason, Long> finished,
        long failures) {
    public EngineStatus {
        finished = Map.copyOf(finished);
    }
}
