package dev.herd.runtime;

import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How long the context is and how much memory keys and values get.
 *
 * @param contextLength tokens of the longest sequence
 * @param kvBytes memory for keys and values, enough for at least one such sequence
 * @param remark one sentence if the context had to be made shorter than wished
 */
record KvBudget(int contextLength, long kvBytes, Optional<String> remark) {
    /** Tokens per key/value block. */
    static final int BLOCK_SIZE = 16;

    private static final int LEAST_CONTEXT = 2;

    /**
     * The budget for a model.
     *
     * @param machineBytes memory of the machine
     * @throws IllegalArgumentException if what is configured does not fit
     */
    static KvBudget of(ModelConfig config, ModelSettings settings, long machineBytes) {
        return of(config, settings, machineBytes, machineBytes / 4);
    }

    /**
     * The budget for a model.
     *
     * @param memoryBytes memory where keys and values are to be
     * @param usualBytes what of it they may take without being configured
     * @throws IllegalArgumentException if what is configured does not fit
     */
    static KvBudget of(ModelConfig config, ModelSettings settings, long memoryBytes, long usualBytes) {
        if (config.headSize() % settings.kvType().quantGroupSize() != 0) {
            throw new IllegalArgumentException("kv-type " + settings.kvType() + " needs heads of whole groups of "
                    + settings.kvType().quantGroupSize() + " elements, but this model's heads have " + config.headSize()
                    + "; use F16 or F32");
        }
        KvLayout layout = KvLayout.of(config, BLOCK_SIZE, settings.kvType());
        return settings.contextLength().isPresent()
                ? configured(config, layout, settings, memoryBytes, usualBytes)
                : fitting(config, layout, settings, usualBytes);
    }

    private static KvBudget configured(
            ModelConfig config, KvLayout layout, ModelSettings settings, long memoryBytes, long usualBytes) {
        int context = settings.contextLength().getAsInt();
        if (context < LEAST_CONTEXT || context > config.contextLength()) {
            throw new IllegalArgumentException("a context of " + context
                    + " tokens is configured, but this checkpoint supports " + LEAST_CONTEXT + " to "
                    + config.contextLength());
        }
        long needed = bytes(config, layout, context);
        long available = settings.kvBytes().orElse(memoryBytes);
        if (needed > available) {
            throw new IllegalArgumentException("a context of " + context + " tokens needs " + readable(needed)
                    + " of key/value memory, but "
                    + (settings.kvBytes().isPresent() ? "only " : "the machine has only ") + readable(available)
                    + (settings.kvBytes().isPresent() ? " are configured" : ""));
        }
        long wished = Math.max(needed, Math.min(saturatedProduct(needed, settings.maxRunning()), usualBytes));
        return new KvBudget(context, settings.kvBytes().orElse(wished), Optional.empty());
    }

    private static KvBudget fitting(ModelConfig config, KvLayout layout, ModelSettings settings, long usualBytes) {
        OptionalLong configured = settings.kvBytes();
        int wished = Math.min(config.contextLength(), ModelSettings.DEFAULT_CONTEXT_LIMIT);
        long most = configured.orElse(usualBytes);
        int context = longest(config, layout, wished, most);
        if (context < LEAST_CONTEXT) {
            throw new IllegalArgumentException("key/value memory of " + readable(most) + " does not hold one block of "
                    + BLOCK_SIZE + " tokens, which takes " + readable(bytes(config, layout, BLOCK_SIZE)));
        }
        long needed = bytes(config, layout, context);
        long kvBytes = configured.orElse(Math.min(saturatedProduct(needed, settings.maxRunning()), most));
        Optional<String> remark = context == wished
                ? Optional.empty()
                : Optional.of("the context is " + context + " tokens instead of " + wished + ", because "
                        + readable(most) + " of key/value memory hold no more");
        return new KvBudget(context, kvBytes, remark);
    }

    /** The longest context of whole blocks, at most {@code wished}, that fits; 0 if none does. */
    private static int longest(ModelConfig config, KvLayout layout, int wished, long kvBytes) {
        if (bytes(config, layout, wished) <= kvBytes) {
            return wished;
        }
        int fits = 0;
        int tooLong = Math.ceilDiv(wished, BLOCK_SIZE);
        while (tooLong - fits > 1) {
            int middle = (fits + tooLong) >>> 1;
            if (bytes(config, layout, middle * BLOCK_SIZE) <= kvBytes) {
                fits = middle;
            } else {
                tooLong = middle;
            }
        }
        return fits * BLOCK_SIZE;
    }

    /** Bytes that one sequence of {@code context} tokens holds at most; LOCAL layers keep one attention chunk. */
    static long bytes(ModelConfig config, KvLayout layout, int context) {
        long steps = Math.ceilDiv((long) context, layout.blockSize());
        int chunk = config.attentionChunkSize();
        // A chunk may begin and end within a block.
        long localSteps = chunk > 0 ? Math.min(steps, (long) chunk / layout.blockSize() + 2) : steps;
        long blocks = Math.addExact(
                Math.multiplyExact(steps, (long) layout.blocksPerStep(LayerKind.GLOBAL)),
                Math.multiplyExact(localSteps, (long) layout.blocksPerStep(LayerKind.LOCAL)));
        return Math.multiplyExact(blocks, layout.blockBytes());
    }

    private static long saturatedProduct(long bytes, int count) {
        return bytes > Long.MAX_VALUE / count ? Long.MAX_VALUE : bytes * count;
    }

    /** Bytes for people, rounded up, with at least two digits. */
    static String readable(long bytes) {
        if (bytes >= 10L << 30) {
            return Math.ceilDiv(bytes, 1L << 30) + " GiB";
        }
        return bytes >= 10L << 20 ? Math.ceilDiv(bytes, 1L << 20) + " MiB" : Math.ceilDiv(bytes, 1L << 10) + " KiB";
    }
}
