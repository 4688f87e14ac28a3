package dev.herd.kernels.tornado;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.device.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** What stays on the device between kernels and steps: activations, and keys and values. The host never sees them. */
final class Scratch {
    /** Stretches that the past of a token is split into when there are few tokens, to occupy the device. */
    static final int FEW_SPLITS = 32;

    /** The same for tokens that are alone among many. */
    static final int ALONE_SPLITS = 16;

    final FloatArray hidden; // [tokens, hiddenSize], the residual stream
    final FloatArray normed; // [tokens, hiddenSize]
    final FloatArray query; // [tokens, heads, headSize]
    final FloatArray key; // [tokens, kvHeads, headSize]
    final FloatArray value; // [tokens, kvHeads, headSize]
    final FloatArray partial; // [tokens, or those alone, splits, heads, headSize + 2]
    final FloatArray attended; // [tokens, heads, headSize]
    final FloatArray gate; // [tokens, ffnSize] or [tokens * expertsPerToken, expertFfnSize]
    final FloatArray up; // the same
    final FloatArray routerLogits; // [tokens, experts]
    final IntArray choice; // [tokens, expertsPerToken]
    final FloatArray scores; // [tokens, expertsPerToken]
    final IntArray order; // [tokens * expertsPerToken]
    final IntArray offsets; // [2, experts + 1]
    final FloatArray expertOutput; // [tokens * expertsPerToken, hiddenSize]
    final IntArray levels; // rounded rows of a step, see RoundedInputs
    final FloatArray factors; // the same
    final List<IntArray> caches; // [layersPerBlock] of [blocks, 2, kvHeads, blockSize, headWords]
    final @Nullable HalfBuffers halves; // if the device has matrix units

    private final List<Object> arrays = new ArrayList<>();

    Scratch(Decoder decoder, int few, Capabilities capabilities, ArraySource memory) {
        Decoder.Sizes sizes = decoder.sizes();
        KvShape kv = decoder.cache().shape();
        long tokens = sizes.maxTokens();
        long assignments = tokens * sizes.expertsPerToken();
        int querySize = sizes.headCount() * kv.headSize();
        int keySize = kv.kvHeadCount() * kv.headSize();
        hidden = floats(memory, tokens * sizes.hiddenSize());
        normed = floats(memory, tokens * sizes.hiddenSize());
        query = floats(memory, tokens * querySize);
        key = floats(memory, tokens * keySize);
        value = floats(memory, tokens * keySize);
        long alone = Math.min(tokens, AttentionCalls.mostAlone(decoder, capabilities));
        long splits = Math.max(Math.max(Math.min(tokens, few) * FEW_SPLITS, alone * ALONE_SPLITS), tokens);
        partial = floats(memory, splits * sizes.headCount() * (kv.headSize() + 2));
        attended = floats(memory, tokens * querySize);
        gate = floats(memory, tokens * gatedSize(decoder));
        up = floats(memory, tokens * gatedSize(decoder));
        routerLogits = floats(memory, tokens * sizes.expertCount());
        choice = ints(memory, assignments);
        scores = floats(memory, assignments);
        order = ints(memory, assignments);
        offsets = ints(memory, 2L * (sizes.expertCount() + 1));
        expertOutput = floats(memory, assignments * sizes.hiddenSize());
        long tiles = RoundedCalls.tiles(decoder, few);
        levels = ints(memory, tiles * RoundedInputs.WORDS);
        factors = floats(memory, tiles * RoundedInputs.FACTORS);
        long cacheWords = cacheWords(kv, decoder.cache().blockCount());
        caches = IntStream.range(0, decoder.cache().layersPerBlock())
                .mapToObj(place -> ints(memory, cacheWords))
                .toList();
        halves = capabilities.hasMma() ? halves(decoder, querySize, capabilities, memory) : null;
        if (halves != null) {
            halves.arrays().forEach(array -> add((TornadoNativeArray) array));
        }
    }

    /** The router is narrower than the rest, and no matrix has more rows than what it yields has elements. */
    private HalfBuffers halves(Decoder decoder, int querySize, Capabilities capabilities, ArraySource memory) {
        Decoder.Sizes sizes = decoder.sizes();
        int tokens = sizes.maxTokens();
        int perToken = sizes.expertsPerToken();
        int widest = Math.max(sizes.hiddenSize(), querySize);
        long size = MmaMatMul.products(widest, tokens);
        long innerWords = HalfInputs.rowWords(querySize);
        for (Decoder.Layer layer : decoder.layers()) {
            int rows = layer.ffn().gateProj().rows();
            size = Math.max(size, MmaMatMul.products(rows, tokens));
            innerWords = Math.max(innerWords, HalfInputs.rowWords(rows));
            Decoder.Experts experts = layer.experts();
            if (experts != null) {
                int each = experts.ffns().getFirst().gateProj().rows();
                int most = Math.max(each, sizes.hiddenSize());
                size = Math.max(
                        size,
                        MmaMatMul.expertProducts(most, Math.multiplyExact(tokens, perToken), sizes.expertCount()));
                innerWords = Math.max(innerWords, (long) perToken * HalfInputs.rowWords(each));
            }
        }
        if (AttentionCalls.runLengthOnMatrixUnits(decoder, capabilities) > 0) {
            KvShape kv = decoder.cache().shape();
            int strands = AttentionTile.strands(kv.kvHeadCount(), tokens);
            size = Math.max(size, AttentionTile.sums(kv.kvHeadCount(), kv.headSize(), strands));
        }
        return new HalfBuffers(memory, size)
                .with(tokens, (long) tokens * HalfInputs.rowWords(sizes.hiddenSize()), List.of(normed))
                .with((long) tokens * Math.max(1, perToken), tokens * innerWords, List.of(attended, gate));
    }

    /** Elements per token of what gate and up projections yield, at most. */
    private static long gatedSize(Decoder decoder) {
        long size = 1;
        for (Decoder.Layer layer : decoder.layers()) {
            size = Math.max(size, layer.ffn().gateProj().rows());
            Decoder.Experts experts = layer.experts();
            if (experts != null) {
                long each = experts.ffns().getFirst().gateProj().rows();
                size = Math.max(size, each * decoder.sizes().expertsPerToken());
            }
        }
        return size;
    }

    /** Words of one layer's keys and values in {@code blocks} blocks. */
    static long cacheWords(KvShape kv, long blocks) {
        int headWords =
                KeyValues.headWords(DeviceFormat.valueOf(kv.type().name()).code(), kv.headSize());
        return Math.multiplyExact(blocks, 2L * kv.kvHeadCount() * kv.blockSize() * headWords);
    }

    private FloatArray floats(ArraySource memory, long size) {
        return add(memory.floats(Math.max(1, size)));
    }

    private IntArray ints(ArraySource memory, long size) {
        return add(memory.ints(Math.max(1, size)));
    }

    private <A extends TornadoNativeArray> A add(A array) {
        arrays.add(array);
        return array;
    }

    /** All of them. */
    List<Object> arrays() {
        return arrays;
    }
}
