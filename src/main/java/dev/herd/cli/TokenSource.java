package dev.herd.cli;

import dev.herd.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Where the tokens of {@code logits} come from: exactly one of three options. */
final class TokenSource {
    private final CommandOption<Optional<String>> tokens;
    private final CommandOption<Optional<String>> prompt;
    private final CommandOption<Optional<Path>> tokensFile;

    TokenSource(CommandOptions options) {
        tokens = options.optional("--tokens", "1,2,3", Function.identity(), "token ids, separated by commas or blanks");
        prompt = options.optional(
                "--prompt",
                "TEXT",
                Function.identity(),
                "text: the begin-of-text token, then TEXT as ordinary text (special tokens in it are not recognised, save"
                        + " <|image|> where there are pictures)");
        tokensFile = options.optional(
                "--tokens-file", "FILE", Path::of, "file of token ids, separated by commas, blanks or newlines");
        options.requireOneOf(List.of(tokens, prompt, tokensFile));
    }

    /** The tokens, all of the vocabulary. */
    int[] resolve(
            Optional<Tokenizer> tokenizer, OptionalInt beginOfText, int vocabularySize, Optional<ImagePrompt> images)
            throws IOException {
        int[] ids = prompt.get().isPresent() ? encode(prompt.get().get(), tokenizer, beginOfText, images) : ids();
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
        if (tokensFile.get().isPresent()) {
            Path file = tokensFile.get().get();
            return parse(Files.readString(file), file.toString());
        }
        return parse(tokens.get().orElse(""), tokens.spelling().name());
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
