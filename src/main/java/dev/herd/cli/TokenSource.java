package dev.herd.cli;

import dev.herd.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the tokens of {@code logits} come from: exactly one of three options. */
final class TokenSource {
    @Option(names = "--tokens", paramLabel = "1,2,3", description = "token ids, separated by commas or blanks")
    private @Nullable String tokens;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "text: the begin-of-text token, then TEXT as ordinary text (special tokens in it are not"
                    + " recognised, save <|image|> where there are pictures)")
    private @Nullable String prompt;

    @Option(
            names = "--tokens-file",
            paramLabel = "FILE",
            description = "file of token ids, separated by commas, blanks or newlines")
    private @Nullable Path tokensFile;

    /** The tokens, all of the vocabulary. */
    int[] resolve(
            Optional<Tokenizer> tokenizer, OptionalInt beginOfText, int vocabularySize, Optional<ImagePrompt> images)
            throws IOException {
        int[] ids = prompt != null ? encode(prompt, tokenizer, beginOfText, images) : ids();
        for (int id : ids) {
            if (id < 0 || id >= vocabularySize) {
                throw new CommandException("token " + id + " is not in the vocabulary of " + vocabularySize);
            }
        }
        return ids;
    }

    private static int[] encode(
            String text, Optional<Tokenizer> tokenizer, OptionalInt beginOfText, Optional<ImagePrompt> images) {
        Tokenizer known = tokenizer.orElseThrow(
                () -> new CommandException("the model has no tokenizer; use --tokens instead of --prompt"));
        int[] ids = images.isPresent() ? images.get().encode(text) : known.encode(text);
        if (beginOfText.isEmpty()) {
            return ids;
        }
        int[] withBegin = new int[ids.length + 1];
        withBegin[0] = beginOfText.getAsInt();
        System.arraycopy(ids, 0, withBegin, 1, ids.length);
        return withBegin;
    }

    private int[] ids() throws IOException {
        if (tokensFile != null) {
            return parse(Files.readString(tokensFile), tokensFile.toString());
        }
        return parse(tokens == null ? "" : tokens, "--tokens");
    }

    private static int[] parse(String text, String where) {
        String[] words = text.strip().split("[,\\s]+", -1);
        int[] ids = new int[words.length];
        for (int i = 0; i < words.length; i++) {
            try {
                ids[i] = Integer.parseInt(words[i]);
            } catch (NumberFormatException e) {
                throw new CommandException(
                        words[i].isEmpty() ? where + " has no token" : where + ": '" + words[i] + "' is no token id");
            }
        }
        return ids;
    }
}
