package dev.herd.safety;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/**
 * A guard that finds what it is told to find: a text that contains a word of its table has that score for a code; one that
 * contains a failure's name fails so.
 */
public final class FakeGuard implements ContentGuard {
    private final Map<String, Double> scores;
    private final String code;
    private final Duration latency;
    private final List<GuardQuery> queries = new CopyOnWriteArrayList<>();
    private final Semaphore permits;
    private volatile boolean seesPictures;

    /** Finds {@code word} as S1 with this score. */
    public FakeGuard(String word, double score, Duration latency) {
        this(Map.of(word, score), "S1", latency, new Semaphore(Integer.MAX_VALUE));
    }

    /** Answers only as often as there are permits. */
    public FakeGuard(Map<String, Double> scores, String code, Duration latency, Semaphore permits) {
        this.scores = scores;
        this.code = code;
        this.latency = latency;
        this.permits = permits;
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public String revision() {
        return "fake-1";
    }

    @Override
    public boolean seesPictures() {
        return seesPictures;
    }

    /** Whether it sees pictures from now on; those whose key is one of its words are what that word is. */
    public FakeGuard seeing(boolean sees) {
        seesPictures = sees;
        return this;
    }

    @Override
    public GuardScores assess(GuardQuery query) throws GuardException {
        queries.add(query);
        String text = query.turns().getLast().text()
                + query.turns().stream()
                        .flatMap(turn -> turn.images().stream())
                        .map(GuardImage::key)
                        .collect(Collectors.joining(" ", " ", ""));
        for (GuardException.Status status : GuardException.Status.values()) {
            if (text.contains(status.name())) {
                throw new GuardException(status, "as told");
            }
        }
        try {
            permits.acquire();
            Thread.sleep(latency);
        } catch (InterruptedException late) {
            throw new GuardException(GuardException.Status.TIMEOUT, "interrupted");
        }
        double score = scores.entrySet().stream()
                .filter(entry -> text.contains(entry.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .max()
                .orElse(0);
        return score == 0
                ? GuardScores.safe(7)
                : new GuardScores(score, code.isEmpty() ? Map.of() : Map.of(code, score), List.of(), false, false, 7);
    }

    /** What it has been asked. */
    public List<GuardQuery> queries() {
        return queries;
    }
}
