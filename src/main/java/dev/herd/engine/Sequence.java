package dev.herd.engine;

import dev.herd.kernels.device.Candidates;
import dev.herd.model.Batch;
import dev.herd.model.BlockTable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * A request in flight: its tokens, how far they are in the cache, its blocks. Made by the submitting thread, owned by
 * the engine's thread from then on.
 */
final class Sequence {
    /** Where a sequence stands. */
    enum State {
        /** In the queue, without blocks. */
        WAITING,
        /** Admitted, computed step by step. */
        RUNNING,
        /** Ended; its listener has heard the last. */
        FINISHED
    }

    private static final int[] NONE = {};

    private final GenerationRequest request;
    private final GenerationListener listener;
    private final Occurrences occurrences;
    private final SequenceImages images;
    private final Optional<PrefixKeys> prefix;
    private final Restriction restriction;
    private final int[] stopTokens;
    private final int promptTokens;
    private final int maxTokenCount;
    private final long submittedAt;
    private final BlockTable blocks = new BlockTable();
    private State state = State.WAITING;
    private int[] tokens; // [tokenCount] the prompt, then the answer
    private int tokenCount;
    private int cachedTokens;
    private boolean isPaused;
    private int sharedTokens;
    private int scheduledTokens;
    private long startedAt;
    private boolean isStarted;
    private long firstTokenAt;

    /**
     * @param contextLength tokens that prompt and answer may have together
     * @param vocabularySize number of token ids
     * @param now when it was submitted, in the engine's nanoseconds
     */
    Sequence(GenerationRequest request, GenerationListener listener, int contextLength, int vocabularySize, long now) {
        this.request = request.withoutImages();
        this.images = new SequenceImages(request.images());
        this.prefix = request.cacheScope()
                .filter(scope -> request.promptLogProbs() < 0)
                .map(scope -> new PrefixKeys(scope, request.images()));
        this.listener = listener;
        this.promptTokens = request.prompt().length;
        this.tokens = Arrays.copyOf(request.prompt(), promptTokens + 1);
        this.tokenCount = promptTokens;
        this.maxTokenCount = (int) Math.min((long) promptTokens + request.maxTokens(), contextLength);
        this.stopTokens =
                request.stopTokens().stream().mapToInt(Integer::intValue).toArray();
        this.occurrences = new Occurrences(request, vocabularySize);
        this.restriction = Restriction.of(request, maxTokenCount - promptTokens);
        this.submittedAt = now;
    }

    GenerationListener listener() {
        return listener;
    }

    SamplingParams sampling() {
        return request.sampling();
    }

    Occurrences occurrences() {
        return occurrences;
    }

    /** The pictures of the prompt that are not in the cache yet. */
    SequenceImages images() {
        return images;
    }

    /** Names for its beginnings; empty if it shares nothing. */
    Optional<PrefixKeys> prefix() {
        return prefix;
    }

    /** Prompt and answer, valid up to their number. Not a copy. */
    int[] tokens() {
        return tokens;
    }

    Restriction restriction() {
        return restriction;
    }

    BlockTable blocks() {
        return blocks;
    }

    State state() {
        return state;
    }

    void enter(State next) {
        state = next;
        if (next == State.FINISHED) {
            images.clear();
        }
    }

    int promptTokens() {
        return promptTokens;
    }

    /** Tokens chosen so far. */
    int answerTokens() {
        return tokenCount - promptTokens;
    }

    /** Tokens whose keys and values are in the cache. */
    int cachedTokens() {
        return cachedTokens;
    }

    /** Of these, the ones that were computed for another sequence. */
    int sharedTokens() {
        return sharedTokens;
    }

    /** Tokens that the current step computes. */
    int scheduledTokens() {
        return scheduledTokens;
    }

    /** Tokens that must be computed before the next one can be chosen; 1 while decoding. */
    int remainingTokens() {
        return tokenCount - cachedTokens;
    }

    /** Of these, the ones whose embeddings are known: all, but for pictures that have not been encoded yet. */
    int readyTokens() {
        return isPaused ? 0 : images.readyEnd(tokenCount) - cachedTokens;
    }

    /** Whether nothing of it is to be computed for a while. */
    void setPaused(boolean paused) {
        isPaused = paused;
    }

    /** Positions that are computed at most: the last token of the longest answer is never computed. */
    int maxPositions() {
        return maxTokenCount - 1;
    }

    /** Whether {@link GenerationRequest#maxTokens} or the end of the context is reached. */
    boolean isFull() {
        return tokenCount == maxTokenCount;
    }

    /** The stop tokens, as long as the answer is too short for one; otherwise empty. */
    int[] bannedTokens() {
        return answerTokens() < request.minTokens() ? stopTokens : NONE;
    }

    /** The smaller, the sooner it is admitted. */
    int priority() {
        return request.priority();
    }

    boolean stopsAt(int token) {
        for (int stop : stopTokens) {
            if (stop == token) {
                return true;
            }
        }
        return false;
    }

    /** Says that the first {@code count} tokens are in the cache, more than were computed for this sequence. */
    void startAfter(int count) {
        sharedTokens += count - cachedTokens;
        cachedTokens = count;
        images.advance(count);
    }

    /** Lets the current step compute the next {@code count} tokens. */
    void schedule(int count, long now) {
        scheduledTokens = count;
        if (!isStarted) {
            isStarted = true;
            startedAt = now;
        }
    }

    /** Whether the current step reaches the last token, so that the next one can be chosen. */
    boolean wantsToken() {
        return scheduledTokens == remainingTokens();
    }

    /** Alternatives wanted with each prompt token that is scored; -1 if none is. */
    int promptLogProbs() {
        return request.promptLogProbs();
    }

    /** Whether the current step computes tokens of a prompt that is scored. */
    boolean scoresPrompt() {
        return request.promptLogProbs() >= 0 && cachedTokens < promptTokens;
    }

    /** The last tokens of the current step that logits are wanted for. */
    int logitRows() {
        return scoresPrompt() ? scheduledTokens : wantsToken() ? 1 : 0;
    }

    /** What a device is to find of the last row of logits. */
    Candidates.Wish wish() {
        boolean choosesFreely = wantsToken()
                && !scoresPrompt()
                && restriction instanceof Restriction.None
                && bannedTokens().length == 0;
        return choosesFreely ? CandidateSampler.wish(request.sampling()) : Candidates.Wish.NONE;
    }

    /** What the current step computes. */
    Batch.Slice slice() {
        return new Batch.Slice(
                Arrays.copyOfRange(tokens, cachedTokens, cachedTokens + scheduledTokens),
                cachedTokens,
                blocks,
                logitRows(),
                wish(),
                images.embeddings(cachedTokens, cachedTokens + scheduledTokens));
    }

    /** The scheduled tokens are in the cache now. */
    void advance() {
        cachedTokens += scheduledTokens;
        images.advance(cachedTokens);
        scheduledTokens = 0;
    }

    /** Appends a chosen token. */
    void append(int token, long now) {
        if (tokenCount == promptTokens) {
            firstTokenAt = now;
        }
        if (tokenCount == tokens.length) {
            tokens = Arrays.copyOf(tokens, (int) Math.min(2L * tokenCount, maxTokenCount));
        }
        tokens[tokenCount++] = token;
        occurrences.add(token);
        if (!stopsAt(token)) {
            restriction.accept(token);
        }
    }

    /** Nanoseconds from its first slice to {@code now}; zero if it never had one. */
    long runNanos(long now) {
        return isStarted ? now - startedAt : 0;
    }

    /** What it has cost until {@code now}. */
    GenerationStats stats(long now) {
        return new GenerationStats(
                promptTokens,
                sharedTokens,
                answerTokens(),
                Duration.ofNanos((isStarted ? startedAt : now) - submittedAt),
                answerTokens() > 0 ? Duration.ofNanos(firstTokenAt - submittedAt) : Duration.ZERO,
                Duration.ofNanos(now - submittedAt));
    }
}
