package dev.herd.tokenizer;

import dev.herd.weights.CheckpointException;
import dev.herd.weights.Vocabulary;

/** Where tokenizers come from. */
public final class Tokenizers {
    private Tokenizers() {}

    /**
     * The tokenizer of a checkpoint.
     *
     * @throws CheckpointException if the vocabulary is missing, damaged or of a kind that is not supported; the message
     *     is one sentence that names the file
     */
    public static Tokenizer of(Vocabulary vocabulary) {
        return switch (vocabulary) {
            case Vocabulary.TokenizerJson json -> TokenizerJsonReader.read(json.file());
            case Vocabulary.TiktokenModel model -> TiktokenReader.read(model.file());
            case Vocabulary.GgufTokens gguf -> GgufVocabulary.read(gguf);
            case Vocabulary.None none ->
                throw new CheckpointException("The checkpoint has no tokenizer, so it runs on token ids only.");
        };
    }
}
