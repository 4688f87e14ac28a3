package dev.herd.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.weights.CheckpointException;
import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VocabularySourcesTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void ggufVocabularyGivesTheIdsOfTokenizerJson(String fixture) {
        Tokenizer json = Tokenizers.of(Goldens.vocabulary(fixture));
        Tokenizer gguf = Tokenizers.of(Goldens.gguf(fixture));

        assertThat(gguf.size()).isEqualTo(json.size());
        for (int seed = 0; seed < 500; seed++) {
            String text = Texts.random(new Random(seed), 50);
            assertThat(gguf.encode(text)).as("seed %d", seed).isEqualTo(json.encode(text));
        }
        for (int id = 0; id < json.size(); id++) {
            assertThat(gguf.bytes(id)).isEqualTo(json.bytes(id));
            assertThat(gguf.isSpecial(id)).isEqualTo(json.isSpecial(id));
        }
    }

    @Test
    void mergesMayBeStringsOrPairs() throws IOException {
        Tokenizer pairs = Tokenizers.of(Goldens.vocabulary("scout"));
        Tokenizer strings = edited(json -> {
            ArrayNode merges = (ArrayNode) json.at("/model/merges");
            for (int index = 0; index < merges.size(); index++) {
                var merge = merges.get(index);
                merges.set(index, merge.get(0).asText() + " " + merge.get(1).asText());
            }
        });

        String text = BuiltInVocabulary.text();
        assertThat(strings.encode(text)).isEqualTo(pairs.encode(text));
    }

    @Test
    void pieceThatIsATokenIsTakenWholeOnlyIfTheFileIgnoresMerges() throws IOException {
        Consumer<ObjectNode> withoutMerges = json -> ((ArrayNode) json.at("/model/merges")).removeAll();
        Tokenizer whole = edited(withoutMerges);
        Tokenizer merged =
                edited(withoutMerges.andThen(json -> ((ObjectNode) json.get("model")).put("ignore_merges", false)));

        assertThat(whole.encode("on")).hasSize(1);
        assertThat(merged.encode("on")).isEqualTo(concatenation(whole.encode("o"), whole.encode("n")));
    }

    @Test
    void addedTokensThatAreNotSpecialAreFoundInText() throws IOException {
        Tokenizer tokenizer = edited(json -> {
            add(json, 719, "[x]", false);
            add(json, 720, "[x][x]", false);
        });

        assertThat(tokenizer.encode("a[x]b[x][x][x]"))
                .isEqualTo(concatenation(
                        tokenizer.encode("a"), new int[] {719}, tokenizer.encode("b"), new int[] {720, 719}));
        assertThat(tokenizer.isSpecial(719)).isFalse();
        assertThat(tokenizer.decode(tokenizer.encode("a [x] b"))).isEqualTo("a [x] b");
    }

    @Test
    void controlTokensAreSpecialWhateverTheFileSays() throws IOException {
        Tokenizer tokenizer = edited(json -> add(json, 719, "<|new_control|>", false));

        assertThat(tokenizer.special("<|new_control|>")).hasValue(719);
        assertThat(tokenizer.encode("<|new_control|>")).doesNotContain(719);
    }

    @Test
    void anotherSplitExpressionIsObeyed() throws IOException {
        Tokenizer tokenizer = edited(json -> ((ObjectNode) json.at("/pre_tokenizer/pretokenizers/0/pattern"))
                .put("Regex", "\\p{Ll}|\\s+(?!\\S)|\\d"));

        assertThat(tokenizer.encode("on")).hasSize(2);
    }

    @Test
    void tiktokenFileMergesByRankAndTakesWholePieces() throws IOException {
        List<String> ranks = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            ranks.add(line(new byte[] {(byte) value}, value));
        }
        String[] words = {"ab", "bc", "abc", "abcd", "bcd", "xyz"};
        for (String word : words) {
            ranks.add(line(word.getBytes(StandardCharsets.UTF_8), ranks.size()));
        }
        Tokenizer tokenizer = tiktoken(String.join("\n", ranks) + "\n");

        assertThat(tokenizer.encode("ab")).containsExactly(256);
        assertThat(tokenizer.encode("abcabc")).containsExactly(258, 258);
        assertThat(tokenizer.encode("bcde")).containsExactly(260, 'e');
        assertThat(tokenizer.encode("xyz")).containsExactly(261);
        assertThat(tokenizer.encode("wxyz")).containsExactly('w', 'x', 'y', 'z');
        assertThat(tokenizer.encode("é")).containsExactly(0xc3, 0xa9);
        assertThat(tokenizer.size()).isEqualTo(262 + 2048);
        assertThat(tokenizer.special("<|begin_of_text|>")).hasValue(262);
        assertThat(tokenizer.special("<|reserved_special_token_903|>")).hasValue(262 + 2047);
    }

    @Test
    void llama4HasTheSpecialTokensOfItsSpecification() {
        List<String> names = Llama4SpecialTokens.names();

        assertThat(names).hasSize(2048).doesNotHaveDuplicates();
        assertThat(names.get(8)).isEqualTo("<|eot|>");
        assertThat(names.get(15)).isEqualTo("<|text_post_train_reserved_special_token_5|>");
        assertThat(names.get(18)).isEqualTo("<|finetune_right_pad|>");
        assertThat(names.get(79)).isEqualTo("<|text_post_train_reserved_special_token_68|>");
        assertThat(names.get(84)).isEqualTo("<|tile_x_separator|>");
        assertThat(names.get(90)).isEqualTo("<|image|>");
        assertThat(names.get(92)).isEqualTo("<|patch|>");
        assertThat(names.get(1133)).isEqualTo("<|vision_reserved_special_token_1047|>");
        assertThat(names.get(1143)).isEqualTo("<|reasoning_thinking_end|>");
        assertThat(names.get(2047)).isEqualTo("<|reserved_special_token_903|>");
    }

    @Test
    void truncatedTokenizerJsonIsRefusedInOneSentence() throws IOException {
        byte[] whole = Files.readAllBytes(Goldens.vocabulary("scout").file());
        for (int length = 0; length < whole.length; length += 331) {
            Path file = Files.write(directory.resolve("tokenizer.json"), Arrays.copyOf(whole, length));

            assertRefused(new Vocabulary.TokenizerJson(file), file.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"model\":7}",
                "{\"model\":{\"type\":\"Unigram\"}}",
                "{\"normalizer\":{\"type\":\"NFC\"}}",
                "{\"model\":{\"vocab\":{\"a\":-1}}}",
                "{\"model\":{\"vocab\":{\"a\":99999999999999999999}}}",
                "{\"model\":{\"vocab\":{\"a\":1048576}}}",
                "{\"model\":{\"vocab\":{\"a\":1,\"b\":1}}}",
                "{\"model\":{\"vocab\":{\"\u4e2d\":1}}}",
                "{\"model\":{\"vocab\":{}},\"pre_tokenizer\":{\"type\":\"Metaspace\"}}",
                "{\"model\":{\"merges\":[[\"a\"]]}}",
                "{\"model\":{\"dropout\":0.1}}",
                "{\"model\":{\"byte_fallback\":true}}",
                "{\"model\":{},\"pre_tokenizer\":null}",
                "{\"model\":{},\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}",
                "{\"added_tokens\":[{\"id\":5,\"content\":\"x\",\"lstrip\":true}]}",
                "{\"added_tokens\":[{\"id\":5}]}",
                "{\"added_tokens\":[7]}"
            })
    void unusableTokenizerJsonIsRefusedInOneSentence(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("tokenizer.json"), content);

        assertRefused(new Vocabulary.TokenizerJson(file), file.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "[[:alpha:]]", "\\w+", "a&&b"})
    void splitExpressionThatIsNotUnderstoodIsRefused(String expression) {
        assertThatThrownBy(() -> edited(json ->
                        ((ObjectNode) json.at("/pre_tokenizer/pretokenizers/0/pattern")).put("Regex", expression)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("expression");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "YQ==",
                "YQ== x",
                "YQ== 1",
                "YQ== -1",
                "Y!== 0",
                " 0",
                "YQ== 9999999999",
                "YQ== 0\nYQ== 1",
                "YQ== 0"
            })
    void unusableTiktokenFileIsRefusedInOneSentence(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("tokenizer.model"), content);

        assertRefused(new Vocabulary.TiktokenModel(file), file.toString());
    }

    @Test
    void missingFilesAreNamed() {
        Path file = directory.resolve("none");

        assertRefused(new Vocabulary.TokenizerJson(file), file.toString());
        assertRefused(new Vocabulary.TiktokenModel(file), file.toString());
        assertRefused(new Vocabulary.None(), "no tokenizer");
    }

    @Test
    void unusableGgufVocabularyIsRefusedInOneSentence() {
        Vocabulary.GgufTokens good = Goldens.gguf("scout");
        int[] oddTypes = good.tokenTypes().clone();
        oddTypes[3] = 9;
        List<String> duplicate = new ArrayList<>(good.tokens());
        duplicate.set(5, duplicate.get(4));
        List<String> foreign = new ArrayList<>(good.tokens());
        foreign.set(300, "\u4e2d");
        List<String> incomplete = new ArrayList<>(good.tokens());
        incomplete.set(5, "doesnotmerge");

        for (Vocabulary.GgufTokens bad : List.of(
                new Vocabulary.GgufTokens(good.tokens(), new int[3], good.merges()),
                new Vocabulary.GgufTokens(good.tokens(), oddTypes, good.merges()),
                new Vocabulary.GgufTokens(duplicate, good.tokenTypes(), List.of()),
                new Vocabulary.GgufTokens(foreign, good.tokenTypes(), List.of()),
                new Vocabulary.GgufTokens(incomplete, good.tokenTypes(), List.of()),
                new Vocabulary.GgufTokens(good.tokens(), good.tokenTypes(), List.of("a")),
                new Vocabulary.GgufTokens(good.tokens(), good.tokenTypes(), List.of("a ")),
                new Vocabulary.GgufTokens(good.tokens(), good.tokenTypes(), List.of("a b c")),
                new Vocabulary.GgufTokens(good.tokens(), good.tokenTypes(), List.of("qqq zzz")),
                new Vocabulary.GgufTokens(List.of(), new int[0], List.of()))) {
            assertRefused(bad, "GGUF");
        }
    }

    @Test
    void ggufWithoutTypesKeepsControlTokensSpecial() {
        Vocabulary.GgufTokens good = Goldens.gguf("scout");
        Tokenizer tokenizer = Tokenizers.of(new Vocabulary.GgufTokens(good.tokens(), new int[0], good.merges()));

        assertThat(tokenizer.special("<|eot|>")).hasValue(708);
        assertThat(tokenizer.isSpecial(708)).isTrue();
    }

    private static void assertRefused(Vocabulary vocabulary, String name) {
        assertThatThrownBy(() -> Tokenizers.of(vocabulary))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(name)
                .hasMessageNotContaining("\n");
    }

    private Tokenizer edited(Consumer<ObjectNode> edit) throws IOException {
        var mapper = new ObjectMapper();
        var json =
                (ObjectNode) mapper.readTree(Goldens.vocabulary("scout").file().toFile());
        edit.accept(json);
        Path file = directory.resolve("edited.json");
        mapper.writeValue(file.toFile(), json);
        return Tokenizers.of(new Vocabulary.TokenizerJson(file));
    }

    private static void add(ObjectNode json, int id, String content, boolean isSpecial) {
        ((ArrayNode) json.get("added_tokens"))
                .addObject()
                .put("id", id)
                .put("content", content)
                .put("special", isSpecial);
    }

    private Tokenizer tiktoken(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("tokenizer.model"), content);
        return Tokenizers.of(new Vocabulary.TiktokenModel(file));
    }

    private static String line(byte[] bytes, int rank) {
        return Base64.getEncoder().encodeToString(bytes) + " " + rank;
    }

    private static int[] concatenation(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
