package dev.herd.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.chat.Message.Picture;
import dev.herd.chat.Message.Text;
import dev.herd.tokenizer.BpeTrainer;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class PictureTokensTest {
    private static final int PER_TILE = 2;
    private static final String TILE = "<|patch|><|patch|>";
    private static final String ONE = "<|image_start|><|image|>" + TILE + "<|image_end|>";

    private final Tokenizer tokenizer = Tokenizers.of(BuiltInVocabulary.get());
    private final PromptFormat format =
            new PromptFormat(tokenizer, Optional.of(new PictureTokens(tokenizer, PER_TILE)));

    private String content(Role role, Message.Part... parts) {
        String prompt = tokenizer.decode(
                format.render(List.of(new Message(role, List.of(parts))), PromptFormat.Ending.TRANSCRIPT));
        String head = "<|begin_of_text|><|header_start|>" + role.header() + "<|header_end|>\n\n";
        assertThat(prompt).startsWith(head).endsWith("<|eot|>");
        return prompt.substring(head.length(), prompt.length() - "<|eot|>".length());
    }

    @Test
    void singleTileIsTheWholePicture() {
        assertThat(content(Role.USER, new Picture(1, 1))).isEqualTo(ONE);
    }

    @Test
    void tilesAreSeparatedByColumnsAndEndedByRows() {
        assertThat(content(Role.USER, new Picture(2, 3)))
                .isEqualTo("<|image_start|>"
                        + (TILE + "<|tile_x_separator|>" + TILE + "<|tile_x_separator|>" + TILE
                                        + "<|tile_y_separator|>")
                                .repeat(2)
                        + "<|image|>" + TILE + "<|image_end|>");
        assertThat(content(Role.USER, new Picture(2, 1)))
                .isEqualTo("<|image_start|>" + (TILE + "<|tile_y_separator|>").repeat(2) + "<|image|>" + TILE
                        + "<|image_end|>");
    }

    /** The worked table of llama4.md 4.1. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 147",
        "2, 2, 727",
        "1, 3, 582",
        "3, 4, 1887",
        "3, 5, 2322",
        "4, 4, 2467",
        "9, 1, 1452",
        "4, 3, 1887"
    })
    void lengthIsThatOfTheSpecification(int rows, int columns, int tokens) {
        IntStream.Builder ids = IntStream.builder();

        new PictureTokens(tokenizer, 144).add(ids, new Picture(rows, columns));

        assertThat(ids.build().count()).isEqualTo(tokens);
    }

    @Test
    void picturesStandWhereTheyStoodAmongTexts() {
        assertThat(content(
                        Role.USER,
                        new Text("a "),
                        new Picture(1, 1),
                        new Text(" b"),
                        new Text("c"),
                        new Picture(1, 1),
                        new Picture(1, 1)))
                .isEqualTo("a " + ONE + " bc" + ONE + ONE);
    }

    @Test
    void resultOfAToolKeepsItsTextsQuotedAroundPictures() {
        assertThat(content(Role.TOOL, new Text("see \"it\""), new Picture(1, 1), new Text("end")))
                .isEqualTo("\"see \\\"it\\\"\"" + ONE + "\"end\"");
        assertThat(content(Role.TOOL, new Picture(1, 1))).isEqualTo(ONE);
        assertThat(content(Role.TOOL)).isEqualTo("\"\"");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void placeholderTypedBySomebodyStaysText(Role role) {
        String typed = "<|image|><|image_start|><|patch|><|image_end|><|tile_x_separator|>";
        int[] prompt = format.render(List.of(new Message(role, typed)), PromptFormat.Ending.TRANSCRIPT);

        assertThat(tokenizer.decode(prompt)).contains(typed);
        assertThat(Arrays.stream(prompt).filter(tokenizer::isSpecial)).hasSize(4);
    }

    @Test
    void textAfterAPictureIsEncodedByItself() {
        int[] prompt = format.render(
                List.of(new Message(Role.USER, List.of(new Picture(1, 1), new Text("\nHello")))),
                PromptFormat.Ending.TRANSCRIPT);
        int[] text = tokenizer.encode("\nHello");

        assertThat(Arrays.copyOfRange(prompt, prompt.length - 1 - text.length, prompt.length - 1))
                .isEqualTo(text);
    }

    @Test
    void modelWithoutSightRefusesPictures() {
        PromptFormat blind = new PromptFormat(tokenizer);

        assertThatThrownBy(() -> blind.render(
                        List.of(new Message(Role.USER, List.of(new Picture(1, 1)))), PromptFormat.Ending.ANSWER))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The model sees no pictures.");
    }

    @Test
    void missingSpecialTokenIsNamed() {
        Tokenizer incomplete = Tokenizers.of(BpeTrainer.train("ab", 1, List.of("<|image_start|>", "<|image_end|>")));

        assertThatThrownBy(() -> new PictureTokens(incomplete, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The vocabulary lacks the special token <|tile_x_separator|>, which pictures need.");
    }
}
