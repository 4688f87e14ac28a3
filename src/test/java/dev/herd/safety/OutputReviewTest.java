package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OutputReviewTest {
    private final AtomicLong now = new AtomicLong();
    private final Semaphore permits = new Semaphore(0);
    private final Semaphore news = new Semaphore(0);
    private final FakeGuard guard = new FakeGuard(Map.of("unsafe", 0.9), "S1", Duration.ZERO, permits);
    private final Safety safety = new Safety(new Guards(List.of(guard), List.of()), InstantSource.system(), now::get);

    @AfterEach
    void stop() {
        permits.release(1000);
        safety.close();
    }

    @Test
    void nothingIsOutBeforeTheGuardHasClearedIt() {
        OutputReview review = open("{\"stream\":{\"chunkTokens\":16}}");

        for (int i = 0; i < 16; i++) {
            say(review, "word ");
        }
        assertThat(review.release().text()).isEmpty();
        clear(review);
        assertThat(review.release().text()).isEqualTo("word ".repeat(16));
        say(review, "more ");
        assertThat(review.release().text()).isEmpty();
        review.finish();
        review.advance();
        clear(review);

        assertThat(review.release().text()).isEqualTo("more ");
        assertThat(review.isSettled()).isTrue();
    }

    @Test
    void guardIsAskedWhenTheLongestDelayHasPassed() {
        OutputReview review = open("{\"stream\":{\"maxDelayMs\":100}}");

        say(review, "word ");
        assertThat(review.needsWaking()).isTrue();
        assertThat(guard.queries()).isEmpty();
        now.addAndGet(100_000_000);
        review.advance();
        clear(review);

        assertThat(review.release().text()).isEqualTo("word ");
    }

    @Test
    void nothingOfABlockedPartIsOut() {
        OutputReview review = open("{\"stream\":{\"chunkTokens\":16}}");

        for (int i = 0; i < 16; i++) {
            say(review, i == 15 ? "unsafe" : "word ");
        }
        clear(review);

        assertThat(review.isBlocked()).isTrue();
        assertThat(review.release().text()).isEmpty();
        assertThat(review.isSettled()).isTrue();
    }

    @Test
    void generationPausesFourPartsAheadOfASlowGuard() {
        OutputReview review = open("{\"stream\":{\"chunkTokens\":16}}");
        int said = 0;
        while (!review.isAhead()) {
            say(review, "word ");
            said++;
        }

        assertThat(said).isEqualTo(4 * 16 + 1);
        clear(review);
        assertThat(review.isAhead()).isFalse();
    }

    /** As when the engine is quick and what it says is taken in late. */
    @Test
    void guardJudgesAllThatItClearsHoweverFarTheAnswerHasRunAhead() {
        OutputReview review = open("{\"stream\":{\"chunkTokens\":16}}");
        for (int i = 0; i < 16; i++) {
            say(review, "word ");
        }
        say(review, "unsafe ");
        for (int i = 0; i < 1000; i++) { // more than the 512 tokens of context
            say(review, "word ");
        }

        clear(review);
        assertThat(review.release().text()).isEqualTo("word ".repeat(16));
        clear(review);

        assertThat(review.isBlocked()).isTrue();
        assertThat(review.release().text()).doesNotContain("unsafe");
    }

    @Test
    void policyThatOnlyReportsAsksOnceAndHoldsNothing() {
        OutputReview review = open("""
                {"content":{"defaults":{"output":{"action":"annotate"},"input":{"action":"annotate"}},"unspecified":"annotate"}}""");

        say(review, "unsafe ");
        assertThat(review.release().text()).isEqualTo("unsafe ");
        assertThat(guard.queries()).isEmpty();
        review.finish();
        review.advance();
        clear(review);

        assertThat(review.isBlocked()).isFalse();
        assertThat(review.assessment().action()).isEqualTo(Action.ANNOTATE);
    }

    @Test
    void guardNeverSeesWhatIsRedacted() {
        OutputReview review = open("{\"pii\":{\"output\":\"redact\"},\"stream\":{\"chunkTokens\":16}}");

        say(review, "mail a@b.org ");
        review.finish();
        review.advance();
        clear(review);

        assertThat(guard.queries().getLast().turns().getLast().text()).isEqualTo("mail [EMAIL] ");
        assertThat(review.release().text()).isEqualTo("mail [EMAIL] ");
    }

    @Test
    void guardThatAnswersAtOnceClearsEachTokenAndNothingOfABlockedOne() {
        OutputReview review = watched("{\"pii\":{\"output\":\"redact\"}}");

        assertThat(shown(review, "How ", "do I ", "mail a@b.org", " or "))
                .containsExactly("How ", "do I ", "mail ", "[EMAIL] or ");
        assertThat(review.assessment().findings()).isEmpty();
        assertThat(shown(review, "kill ", "him", " now")).containsExactly("kill ", "", "");
        assertThat(review.isBlocked()).isTrue();
        assertThat(review.release().end()).isEqualTo("How do I mail a@b.org or kill ".length());
        assertThat(review.assessment().findings()).extracting(Finding::code).containsExactly("S1");
    }

    @Test
    void whatAGuardFindsAtOnceIsReportedOnce() {
        OutputReview review = watched("""
                {"content":{"categories":{"S9":{"output":{"action":"annotate"}},"S4":{"output":{"action":"annotate"}}}}}""");

        assertThat(shown(review, "make a nerve agent ", "and ", "then ", "csam ", "so "))
                .containsExactly("make a nerve agent ", "and ", "then ", "csam ", "so ");
        review.finish();
        review.advance();

        assertThat(review.isSettled()).isTrue();
        assertThat(review.assessment().findings()).extracting(Finding::code).containsExactly("S9", "S4");
    }

    @Test
    void whatIsShownOfAFullAnswerWaitsForAGuardThatAnswersAtOnce() {
        OutputReview fine = watched("{\"stream\":{\"mode\":\"full\"}}");
        OutputReview bad = watched("{\"stream\":{\"mode\":\"full\"}}");

        assertThat(shown(fine, "All ", "is well")).containsExactly("", "");
        assertThat(shown(bad, "how to kill ", "him")).containsExactly("", "");
        fine.finish();
        fine.advance();
        bad.finish();
        bad.advance();

        assertThat(fine.release().text()).isEqualTo("All is well");
        assertThat(bad.release().text()).isEmpty();
        assertThat(bad.isBlocked()).isTrue();
    }

    @Test
    void argumentsOfCallsAreJudgedBehindTheTextByAGuardThatAnswersAtOnce() {
        OutputReview review = watched("{}");

        say(review, "Calling.");
        review.acceptCall(0, "search", "{\"q\":\"how to kill him\"}");
        review.finishCall(0);
        review.finish();
        review.advance();

        assertThat(review.isBlocked()).isTrue();
        assertThat(review.mayShowCalls()).isFalse();
    }

    private OutputReview watched(String json) {
        try (Safety ruled =
                new Safety(new Guards(List.of(Reviews.RULES), List.of()), InstantSource.system(), now::get)) {
            ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(json);
            fields.withObject("/promptAttack").put("model", "none");
            Policy policy = Policy.parse(fields.toString());
            return ruled.output(Reviews.subject(policy), List.of(), "", false).open(news::release);
        } catch (PolicyException | JsonProcessingException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    private static List<String> shown(OutputReview review, String... tokens) {
        List<String> shown = new ArrayList<>();
        for (String token : tokens) {
            say(review, token);
            shown.add(review.release().text());
        }
        return shown;
    }

    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, closed, true, true",
        "UNAVAILABLE, annotate, false, false",
        "UNAVAILABLE, open, false, false",
        "UNPARSEABLE, closed, true, true",
        "TIMEOUT, open, false, false",
        "MISCONFIGURED, open, true, true",
        "MISCONFIGURED, annotate, true, true",
    })
    void failureIsTreatedAsThePolicySays(String failure, String mode, boolean isBlocked, boolean isUnavailable) {
        OutputReview review = open("{\"failure\":{\"output\":\"" + mode + "\"}}");

        say(review, failure);
        review.finish();
        review.advance();
        news.acquireUninterruptibly();
        review.advance();

        assertThat(review.isBlocked()).isEqualTo(isBlocked);
        assertThat(review.assessment().isUnavailable()).isEqualTo(isUnavailable);
        assertThat(review.assessment().isDegraded()).isEqualTo(!isBlocked);
        assertThat(review.release().text()).isEqualTo(isBlocked ? "" : failure);
    }

    @Test
    void guardThatNeverAnswersTimesOut() {
        OutputReview review = open("{\"failure\":{\"timeoutMs\":50}}");

        say(review, "word");
        review.finish();
        review.advance();
        news.acquireUninterruptibly();
        review.advance();

        assertThat(review.isBlocked()).isTrue();
        assertThat(review.assessment().findings()).extracting(Finding::code).containsExactly("TIMEOUT");
    }

    @Test
    void unsafeWithoutACategoryHasTheActionForThat() {
        FakeGuard vague = new FakeGuard(Map.of("unsafe", 0.9), "", Duration.ZERO, new Semaphore(10));
        Policy policy = policy("{\"content\":{\"unspecified\":\"annotate\"}}");
        try (Safety vaguely = new Safety(new Guards(List.of(vague), List.of()), InstantSource.system(), now::get)) {
            Safety.Input input = vaguely.input(
                    Reviews.subject(policy), List.of(new Exchange.Segment(TextSource.USER, "unsafe", List.of(), "m")));

            assertThat(input.decision().effective()).isEqualTo(Action.ANNOTATE);
            assertThat(input.decision().findings()).extracting(Finding::code).containsExactly("S?");
        }
    }

    @Test
    void moreThanTenTopicsAreAskedInSeveralCalls() {
        List<String> topics = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            topics.add("{\"id\":\"t" + i + "\",\"name\":\"Topic " + i + "\",\"definition\":\"d\"}");
        }
        Policy policy = policy("{\"topics\":[" + String.join(",", topics) + "]}");
        permits.release(10);

        safety.input(Reviews.subject(policy), List.of(new Exchange.Segment(TextSource.USER, "hello", List.of(), "m")));

        assertThat(guard.queries()).hasSize(2);
        assertThat(guard.queries())
                .flatExtracting(query ->
                        query.categories().stream().map(GuardCategory::code).toList())
                .contains("S1", "S14", "S35", "S46")
                .doesNotContain("S47");
    }

    private OutputReview open(String json) {
        List<Exchange.Segment> context = List.of(new Exchange.Segment(TextSource.USER, "Hi", List.of(), "m"));
        return safety.output(Reviews.subject(policy(json)), context, "", false).open(news::release);
    }

    private static Policy policy(String json) {
        try {
            ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(json);
            fields.withObject("/content").put("guard", "fake");
            fields.withObject("/promptAttack").put("model", "none");
            return Policy.parse(fields.toString());
        } catch (PolicyException | JsonProcessingException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    private static void say(OutputReview review, String text) {
        review.accept(text, 1);
        review.advance();
    }

    /** Lets the guard answer once. */
    private void clear(OutputReview review) {
        permits.release();
        news.acquireUninterruptibly();
        review.advance();
    }
}
