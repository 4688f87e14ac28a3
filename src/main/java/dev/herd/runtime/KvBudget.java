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
        return of(config, settings, new Place("the machine", "", machineBytes, machineBytes / 4, 1, 1));
    }

    /**
     * Memory where keys and values are to be.
     *
     * @param name what has it
     * @param circumstance what is said behind a number of bytes that it has
     * @param bytes all that keys and values may take
     * @param usualBytes what of it they may take without being configured
     * @param hostBlock bytes of a block as the host would keep it, which is how key/value memory is configured and counted
     * @param block bytes of the same block there
     */
    record Place(String name, String circumstance, long bytes, long usualBytes, long hostBlock, long block) {
        /** So many bytes of this place's, counted as the host would keep the same keys and values. */
        private long counted(long here) {
            return here / block * hostBlock + here % block * hostBlock / block;
        }

        /** Bytes of this place's that so many of the host's count would take. */
        private long taken(long counted) {
            return counted / hostBlock * block + Math.ceilDiv(counted % hostBlock * block, hostBlock);
        }
    }

    /**
     * The budget for a model.
     *
     * @throws IllegalArgumentException if what is configured does not fit
     */
    static KvBudget of(ModelConfig config, ModelSettings settings, Place place) {
        if (config.headSize() % settings.kvType().quantGroupSize() != 0) {
            throw new IllegalArgumentException("kv-type " + settings.kvType() + " needs heads of whole groups of "
                    + settings.kvType().quantGroupSize() + " elements, but this model's heads have " + config.headSize()
                    + "; use F16 or F32");
        }
        KvLayout layout = KvLayout.of(config, BLOCK_SIZE, settings.kvType());
        return settings.contextLength().isPresent()
                ? configured(config, layout, settings, place)
                : fitting(config, layout, settings, place);
    }

    private static KvBudget configured(ModelConfig config, KvLayout layout, ModelSettings settings, Place place) {
        int context = settings.contextLength().getAsInt();
        if (context < LEAST_CONTEXT || context > config.contextLength()) {
            throw new IllegalArgumentException("a context of " + context
                    + " tokens is configured, but this checkpoint supports " + LEAST_CONTEXT + " to "
                    + config.contextLength());
        }
        long needed = bytes(config, layout, context);
        OptionalLong configured = settings.kvBytes();
        if (needed > configured.orElse(place.counted(place.bytes()))) {
            throw new IllegalArgumentException("a context of " + context + " tokens needs "
                    + readable(configured.isPresent() ? needed : place.taken(needed)) + " of key/value memory, but "
                    + (configured.isPresent()
                            ? "only " + readable(configured.getAsLong()) + " are configured"
                            : place.name() + " has only " + readable(place.bytes()) + place.circumstance()));
        }
        long usual = place.counted(place.usualBytes());
        long wished = Math.max(needed, Math.min(saturatedProduct(needed, contexts(settings)), usual));
        return new KvBudget(context, settings.kvBytes().orElse(wished), Optional.empty());
    }

    private static KvBudget fitting(ModelConfig config, KvLayout layout, ModelSettings settings, Place place) {
        OptionalLong configured = settings.kvBytes();
        int wished = Math.min(config.contextLength(), ModelSettings.DEFAULT_CONTEXT_LIMIT);
        long most = configured.orElse(place.counted(place.usualBytes()));
        long said = configured.orElse(place.usualBytes());
        int context = longest(config, layout, wished, most);
        if (context < LEAST_CONTEXT) {
            long block = bytes(config, layout, BLOCK_SIZE);
            throw new IllegalArgumentException("key/value memory of " + readable(said) + " does not hold one block of "
                    + BLOCK_SIZE + " tokens, which takes "
                    + readable(configured.isPresent() ? block : place.taken(block)));
        }
        long needed = bytes(config, layout, context);
        long kvBytes = configured.orElse(Math.min(saturatedProduct(needed, contexts(settings)), most));
        Optional<String> remark = context == wished
                ? Optional.empty()
                : Optional.of("the context is " + context + " tokens instead of " + wished + ", because "
                        + readable(said) + " of key/value memory hold no more");
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

    private static int contexts(ModelSettings settings) {
        return settings.maxRunning().orElse(ModelSettings.USUAL_CONTEXTS);
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
