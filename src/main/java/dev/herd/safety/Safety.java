package dev.herd.safety;

import dev.herd.safety.Exchange.Segment;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Judges requests and answers by their policies. Safe for use by many threads. */
public final class Safety implements Reviewer, AutoCloseable {
    private final Guards guards;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final GuardRunner runner = new GuardRunner(threads);

    /** With the guards of this server. */
    public Safety(Guards guards, InstantSource clock, LongSupplier nanoTime) {
        this.guards = guards;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** A new id of an assessment. */
    public static String newId() {
        return "sa_" + UUID.randomUUID().toString().replace("-", "");
    }

    /**
     * What goes to the model.
     *
     * @param segments with everything replaced that must be
     * @param decision what was decided; it blocks or not
     * @param isUnavailable whether it blocks because a guard gave no answer
     */
    public record Input(List<Segment> segments, SafetyDecision decision, boolean isUnavailable) {
        public Input {
            segments = List.copyOf(segments);
        }

        /** Whether nothing may go to the model. */
        public boolean isBlocked() {
            return decision.effective() == Action.BLOCK;
        }
    }

    /** Whether a policy has a guard look at pictures, which then have to be decoded for it. */
    public boolean showsPictures(EffectivePolicy policy) {
        PolicyRules rules = policy.policy().rules();
        return new GuardPanel(rules, guards, runner).showsPictures();
    }

    /** Judges what goes to the model; waits for the guards. */
    public Input input(Subject subject, List<Segment> segments) {
        long start = nanoTime.getAsLong();
        PolicyRules rules = subject.policy().policy().rules();
        InputReview review = new InputReview(rules, new GuardPanel(rules, guards, runner));
        review.run(segments, subject.caller().cacheSalt());
        List<Segment> judged = segments.stream()
                .filter(segment -> segment.source() != TextSource.SYSTEM)
                .toList();
        SafetyDecision decision = decision(
                subject,
                Direction.INPUT,
                review.assessment(),
                nanoTime.getAsLong() - start,
                review.redactions(),
                judged.stream().mapToInt(segment -> segment.images().size()).sum(),
                text(judged),
                text(review.judged().stream()
                        .filter(segment -> segment.source() != TextSource.SYSTEM)
                        .toList()));
        return new Input(review.judged(), decision, review.assessment().isUnavailable());
    }

    private static String text(List<Segment> segments) {
        return segments.stream().map(Segment::text).collect(Collectors.joining("\n"));
    }

    /**
     * The answers to a request, of which each choice is judged while it grows.
     *
     * @param context what has gone to the model
     * @param before text that the answer goes on with; empty for none
     * @param isJson whether the answer is JSON
     */
    public OutputReviews output(Subject subject, List<Segment> context, String before, boolean isJson) {
        PolicyRules rules = subject.policy().policy().rules();
        return new OutputReviews(
                this,
                subject,
                rules,
                new GuardPanel(rules, guards, runner),
                new OutputReview.Setting(
                        context, before, isJson, subject.caller().cacheSalt(), new Redactions()),
                nanoTime);
    }

    /** The record of a decision. */
    SafetyDecision decision(
            Subject subject,
            Direction direction,
            Assessment assessment,
            long nanos,
            int redactions,
            int images,
            String text,
            String redactedText) {
        return new SafetyDecision(
                clock.instant(),
                subject.assessmentId(),
                subject.requestId(),
                subject.caller(),
                subject.policy(),
                subject.model(),
                assessment.guards(),
                subject.policy().policy().rules().text("/content/templateVariant"),
                direction,
                assessment.findings(),
                assessment.action(),
                assessment.effective(),
                Duration.ofNanos(nanos),
                assessment.isDegraded(),
                redactions,
                text.length(),
                images,
                assessment.isTruncated(),
                assessment.guardTokens(),
                text,
                redactedText);
    }

    @Override
    public Review review(EffectivePolicy policy, Caller caller, Exchange exchange) {
        Subject subject = new Subject(newId(), "dry-run", caller, policy, "");
        Input input = input(subject, exchange.segments());
        OutputReviews reviews = output(subject, input.segments(), "", false);
        if (exchange.output().isPresent() && !input.isBlocked()) {
            java.util.concurrent.Semaphore news = new java.util.concurrent.Semaphore(0);
            OutputReview review = reviews.open(news::release);
            review.accept(exchange.output().get(), 1);
            review.finish();
            review.advance();
            while (!review.isSettled()) {
                news.acquireUninterruptibly();
                review.advance();
            }
            review.release();
        }
        return new Review(input.decision(), reviews.decision());
    }

    /** Ends the questions to guards that are under way. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
