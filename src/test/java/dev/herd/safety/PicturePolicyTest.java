package dev.herd.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.safety.Exchange.Segment;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a policy's picture settings do with a guard that sees, and with one that does not. */
class PicturePolicyTest {
    private final FakeGuard guard = new FakeGuard("unsafe", 0.9, Duration.ZERO).seeing(true);

    private record Shown(String key) implements GuardImage {
        @Override
        public int width() {
            return 1;
        }

        @Override
        public int height() {
            return 1;
        }

        @Override
        public byte[] rgb() {
            return new byte[3];
        }
    }

    private static Policy policy(String mode, String content, String images, String failure) throws PolicyException {
        return Policy.parse(
                ("{\"mode\":\"%s\",\"content\":{\"guard\":\"fake\",\"defaults\":{\"input\":{\"action\":\"%s\"},"
                                + "\"output\":{\"action\":\"block\"}}},\"promptAttack\":{\"model\":\"none\"},"
                                + "\"images\":{\"action\":\"%s\"},\"failure\":{\"input\":\"%s\"}}")
                        .formatted(mode, content, images, failure));
    }

    private static Segment user(String text, String... pictures) {
        List<GuardImage> images =
                Stream.of(pictures).<GuardImage>map(Shown::new).toList();
        return new Segment(TextSource.USER, text, images, "messages[0].content");
    }

    private Safety.Input judge(Policy policy, Segment... segments) {
        try (Safety safety = Reviews.safety(guard)) {
            return safety.input(Reviews.subject(policy), List.of(segments));
        }
    }

    /** The milder of both counts for what only a picture shows; an unsafe text is blocked whatever stands beside it. */
    @ParameterizedTest
    @CsvSource({
        "enforce, block, block, BLOCK, BLOCK, 1",
        "enforce, block, annotate, ANNOTATE, BLOCK, 2",
        "enforce, block, allow, ALLOW, BLOCK, 1",
        "enforce, annotate, block, ANNOTATE, ANNOTATE, 1",
        "shadow, block, block, ALLOW, ALLOW, 1",
        "shadow, block, annotate, ALLOW, ALLOW, 2",
    })
    void whatFollowsFromPicturesIsWhatTheirActionSaysAtMost(
            String mode, String content, String images, Action ofPicture, Action ofText, int questions)
            throws PolicyException {
        Policy policy = policy(mode, content, images, "closed");

        assertThat(judge(policy, user("look", "unsafe")).decision().effective()).isEqualTo(ofPicture);
        assertThat(guard.queries()).hasSize(questions);
        assertThat(judge(policy, user("unsafe", "a flower")).decision().effective())
                .isEqualTo(ofText);
        assertThat(judge(policy, user("look", "a flower")).decision().findings())
                .noneMatch(Finding::isDetected);
    }

    @Test
    void aGuardThatLooksAtNoPicturesIsAskedAboutTheWords() throws PolicyException {
        Safety.Input input = judge(policy("enforce", "block", "allow", "closed"), user("look", "unsafe"));

        assertThat(input.decision().findings()).isEmpty();
        assertThat(input.decision().images()).isOne();
        assertThat(guard.queries().getFirst().turns().getLast().images()).isEmpty();
    }

    /** Nobody has seen the picture: the assessment says so, and the mildest of both settings is done. */
    @ParameterizedTest
    @CsvSource({
        "block, closed, BLOCK, false",
        "block, annotate, ANNOTATE, true",
        "block, open, ALLOW, true",
        "annotate, closed, ANNOTATE, false",
        "annotate, open, ALLOW, true",
    })
    void picturesThatTheGuardCannotSeeFollowTheFailureMode(
            String images, String failure, Action effective, boolean isDegraded) throws PolicyException {
        guard.seeing(false);

        Safety.Input input = judge(policy("enforce", "block", images, failure), user("look", "unsafe"));

        assertThat(input.decision().effective()).isEqualTo(effective);
        assertThat(input.isUnavailable()).isFalse();
        assertThat(input.decision().isDegraded()).isEqualTo(isDegraded);
        assertThat(input.decision().isTruncated()).isTrue();
        assertThat(input.decision().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo("UNSEEN_PICTURES");
            assertThat(finding.scanner()).isEqualTo("fake");
        });
    }

    /** Whoever keeps the rules as the guard, as a policy does that says nothing of guards, does not turn pictures off. */
    @Test
    void ruledPicturesPassWithAFinding() throws PolicyException {
        Policy wordsOnly =
                Policy.parse("{\"words\":[{\"id\":\"codename\",\"terms\":[\"bluebird\"],\"input\":\"block\"}]}");

        Safety.Input passed = Reviews.input(wordsOnly, user("look", "unsafe"));
        Safety.Input blocked = Reviews.input(wordsOnly, user("bluebird", "unsafe"));

        assertThat(passed.decision().effective()).isEqualTo(Action.ANNOTATE);
        assertThat(passed.decision().isTruncated()).isTrue();
        assertThat(passed.decision().findings())
                .filteredOn(Finding::isDetected)
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.code()).isEqualTo("UNSEEN_PICTURES");
                    assertThat(finding.scanner()).isEqualTo("rules");
                });
        assertThat(blocked.decision().effective()).isEqualTo(Action.BLOCK);
    }

    @Test
    void wordsWithoutPicturesAreNoMatterOfSight() throws PolicyException {
        guard.seeing(false);

        assertThat(judge(policy("enforce", "block", "block", "closed"), user("look"))
                        .decision()
                        .findings())
                .isEmpty();
        assertThat(judge(policy("enforce", "allow", "block", "closed"), user("look", "unsafe"))
                        .decision()
                        .effective())
                .as("of what nobody is asked about")
                .isEqualTo(Action.ALLOW);
    }

    @Test
    void textsAroundPicturesAreOneTurn() throws PolicyException {
        judge(policy("enforce", "block", "block", "closed"), user("unsafe", "a"), user("and this", "b"));

        List<GuardTurn> turns = guard.queries().getFirst().turns();
        assertThat(turns).hasSize(1);
        assertThat(turns.getFirst().text()).isEqualTo("unsafe\nand this");
        assertThat(turns.getFirst().images()).extracting(GuardImage::key).containsExactly("a", "b");
    }

    @Test
    void aFailureAboutPicturesIsNoWorseThanTheirAction() throws PolicyException {
        Safety.Input annotated = judge(policy("enforce", "block", "annotate", "closed"), user("look", "TIMEOUT"));
        Safety.Input blocked = judge(policy("enforce", "block", "block", "closed"), user("look", "TIMEOUT"));

        assertThat(annotated.decision().effective()).isEqualTo(Action.ANNOTATE);
        assertThat(annotated.decision().isDegraded()).isTrue();
        assertThat(blocked.isUnavailable()).isTrue();
    }
}
