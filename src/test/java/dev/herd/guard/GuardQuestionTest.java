package dev.herd.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardImage;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardSettings;
import dev.herd.safety.GuardSettings.CategoryMode;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.GuardTurn.Speaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which turns, categories and pictures come together. */
class GuardQuestionTest {
    private static final GuardTurn ASK = new GuardTurn(Speaker.USER, "a");
    private static final GuardTurn REPLY = new GuardTurn(Speaker.AGENT, "b");

    private static GuardQuery query(Direction direction, List<GuardTurn> turns, GuardSettings settings) {
        return new GuardQuery(direction, turns, GuardCategory.BUILT_IN, 0.5, settings, "", Duration.ofSeconds(1));
    }

    private static GuardSettings last(int turns) {
        return new GuardSettings("lg4-hf", CategoryMode.JOINT, turns, false);
    }

    private static List<GuardTurn> shown(Direction direction, int most, GuardTurn... turns) {
        return GuardQuestion.of(query(direction, List.of(turns), last(most)), GuardTemplate.LG4_HF)
                .getFirst()
                .turns();
    }

    private static GuardTurn withImages(int count) {
        return new GuardTurn(Speaker.USER, "look", Collections.nCopies(count, new Grey()));
    }

    private record Grey() implements GuardImage {
        @Override
        public String key() {
            return "grey";
        }

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

    @Test
    void aPromptBeginsWithAUserAndEndsWithWhatIsJudged() {
        assertThat(shown(Direction.INPUT, 6, ASK, REPLY, ASK)).containsExactly(ASK, REPLY, ASK);
        assertThat(shown(Direction.INPUT, 2, ASK, REPLY, ASK)).containsExactly(ASK);
        assertThat(shown(Direction.INPUT, 6, ASK, REPLY)).containsExactly(ASK);
        assertThat(shown(Direction.OUTPUT, 6, ASK, REPLY, ASK, REPLY)).containsExactly(ASK, REPLY, ASK, REPLY);
        assertThat(shown(Direction.OUTPUT, 3, ASK, REPLY, ASK, REPLY)).containsExactly(ASK, REPLY);
        assertThat(shown(Direction.OUTPUT, 1, ASK, REPLY, ASK, REPLY)).containsExactly(ASK, REPLY);
        assertThat(shown(Direction.OUTPUT, 6, REPLY)).containsExactly(new GuardTurn(Speaker.USER, ""), REPLY);
    }

    @Test
    void theSystemMessageStaysInFront() {
        GuardTurn system = new GuardTurn(Speaker.USER, "be kind");
        GuardQuery query = query(
                Direction.INPUT,
                List.of(system, ASK, REPLY, ASK),
                new GuardSettings("lg4-hf", CategoryMode.JOINT, 1, true));

        assertThat(GuardQuestion.of(query, GuardTemplate.LG4_HF).getFirst().turns())
                .containsExactly(system, ASK);
    }

    @Test
    void llamaGuard3HasSpeakersTakeTurns() {
        GuardQuery query =
                query(Direction.INPUT, List.of(ASK, new GuardTurn(Speaker.USER, "Tool result"), REPLY, ASK), last(6));

        assertThat(GuardQuestion.of(query, GuardTemplate.LG3_HF).getFirst().turns())
                .containsExactly(new GuardTurn(Speaker.USER, "a\n\nTool result"), REPLY, ASK);
    }

    @Test
    void moreThanFivePicturesAreShownInGroupsOfFour() {
        List<GuardQuestion> five =
                GuardQuestion.of(query(Direction.INPUT, List.of(withImages(5)), last(6)), GuardTemplate.LG4_HF);
        List<GuardQuestion> nine = GuardQuestion.of(
                query(Direction.INPUT, List.of(withImages(3), REPLY, withImages(6)), last(6)), GuardTemplate.LG4_HF);

        assertThat(five).hasSize(1);
        assertThat(nine)
                .extracting(question -> question.turns().stream()
                        .map(turn -> turn.images().size())
                        .toList())
                .containsExactly(List.of(3, 0, 1), List.of(0, 0, 4), List.of(0, 0, 1));
    }

    @Test
    void topicsBeyondTenAndSingleCategoriesHaveQuestionsOfTheirOwn() {
        List<GuardCategory> many = new ArrayList<>(GuardCategory.BUILT_IN);
        IntStream.range(35, 60).forEach(code -> many.add(new GuardCategory("S" + code, "t", "")));
        GuardQuery joint = new GuardQuery(Direction.INPUT, List.of(ASK), many, 0.5, last(6), "", Duration.ofSeconds(1));
        GuardQuery single =
                query(Direction.INPUT, List.of(ASK), new GuardSettings("lg4-hf", CategoryMode.PER_CATEGORY, 6, false));

        assertThat(GuardQuestion.of(joint, GuardTemplate.LG4_HF))
                .extracting(question -> question.categories().size())
                .containsExactly(24, 10, 5);
        assertThat(GuardQuestion.of(single, GuardTemplate.LG4_HF)).hasSize(14);
    }

    @Test
    void halvesKeepAllOfTheTextAndWholeCharacters() {
        GuardQuestion question =
                new GuardQuestion(List.of(new GuardTurn(Speaker.USER, "a\uD83D\uDE00b")), GuardCategory.BUILT_IN);

        assertThat(question.halves())
                .extracting(half -> half.turns().getLast().text())
                .containsExactly("a", "\uD83D\uDE00b");
        assertThat(question.halves().getFirst().halves()).isEmpty();
    }
}
