package dev.herd.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TextDecoderTest {
    private final Tokenizer tokenizer = Tokenizers.of(BuiltInVocabulary.get());

    @Test
    void randomTokensGiveTheTextOfAllTheirBytes() {
        for (int seed = 0; seed < 3000; seed++) {
            var random = new Random(seed);
            int[] tokens = random.ints(random.nextInt(40), 0, tokenizer.size()).toArray();

            assertThat(text(new TextDecoder(tokenizer, true), tokens))
                    .as("seed %d", seed)
                    .isEqualTo(tokenizer.decode(tokens));
        }
    }

    @Test
    void malformedBytesGiveTheReplacementsOfTheWhole() {
        int[] edges = {
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0,
            0xf1, 0xf4, 0xf5, 0xf8, 0xff
        };
        for (int seed = 0; seed < 20_000; seed++) {
            var random = new Random(seed);
            int[] tokens = random.ints(random.nextInt(9), 0, edges.length)
                    .map(index -> token(edges[index]))
                    .toArray();

            assertThat(text(new TextDecoder(tokenizer), tokens))
                    .as("seed %d", seed)
                    .isEqualTo(tokenizer.decode(tokens));
        }
    }

    @Test
    void noAnswerEndsWithinACharacter() {
        for (int seed = 0; seed < 1000; seed++) {
            var decoder = new TextDecoder(tokenizer);
            String text = Texts.random(new Random(seed), 30);
            var bytes = new ByteArrayOutputStream();
            for (int token : tokenizer.encode(text)) {
                bytes.writeBytes(tokenizer.bytes(token));
                String part = decoder.append(token);
                assertThat(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)))
                        .as("seed %d", seed)
                        .isTrue();
                assertThat(part.isEmpty() || !Character.isLowSurrogate(part.charAt(0)))
                        .as("seed %d", seed)
                        .isTrue();
            }
            assertThat(decoder.finish()).as("seed %d", seed).isEmpty();
            assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(tokenizer.decode(tokenizer.encode(text)));
        }
    }

    @Test
    void characterAppearsWithItsLastByte() {
        var decoder = new TextDecoder(tokenizer);

        assertThat(decoder.append(token(0xf0))).isEmpty();
        assertThat(decoder.append(token(0x9f))).isEmpty();
        assertThat(decoder.append(token(0xa6))).isEmpty();
        assertThat(decoder.append(token(0x99))).isEqualTo("\ud83e\udd99");
        assertThat(decoder.finish()).isEmpty();
    }

    @Test
    void incompleteCharacterBecomesAReplacementAtTheEndAndTheDecoderStartsAnew() {
        var decoder = new TextDecoder(tokenizer);

        assertThat(decoder.append(token(0xe4))).isEmpty();
        assertThat(decoder.append(token(0xb8))).isEmpty();
        assertThat(decoder.finish()).isEqualTo("\ufffd");
        assertThat(decoder.append(token('a'))).isEqualTo("a");
    }

    @Test
    void specialTokensAreShownOnlyOnDemand() {
        int special = tokenizer.special("<|eot|>").orElseThrow();

        assertThat(new TextDecoder(tokenizer).append(special)).isEmpty();
        assertThat(new TextDecoder(tokenizer, true).append(special)).isEqualTo("<|eot|>");
    }

    private static String text(TextDecoder decoder, int[] tokens) {
        var text = new StringBuilder();
        for (int token : tokens) {
            text.append(decoder.append(token));
        }
        return text.append(decoder.finish()).toString();
    }

    /** The built-in vocabulary begins with the 256 bytes. */
    private static int token(int value) {
        return value;
    }
}
