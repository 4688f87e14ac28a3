package dev.herd.api;

import dev.herd.api.openai.AnswerForm;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.GenerationFields;
import dev.herd.api.openai.ResponseFormat;
import dev.herd.api.openai.ToolOffer;
import dev.herd.grammar.Constraint;
import dev.herd.grammar.TokenGrammar;
import dev.herd.grammar.TokenTrie;
import dev.herd.tokenizer.Tokenizer;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The grammars of answers over the served model's tokens. Those used last are kept, with all that has been found out
 * about which tokens may follow where; the tree of tokens is made for the first of them. Used by any thread.
 */
@Singleton
final class AnswerGrammars {
    /** One grammar in full use takes up to 16 MB of masks and some MB of automaton. */
    private static final int MOST_GRAMMARS = 16;

    private final AtomicReference<@Nullable Vocabulary> current = new AtomicReference<>();

    /**
     * The grammar that a request asks for; empty if its answer may be any text.
     *
     * @throws ApiException 400 if what it asks for is malformed or not supported
     */
    Optional<TokenGrammar> find(GenerationFields fields, ToolOffer offer, ServedModel model) {
        return AnswerForm.of(ResponseFormat.find(fields.others()), offer).map(form -> of(form, model.tokenizer()));
    }

    private TokenGrammar of(AnswerForm form, Tokenizer tokenizer) {
        Vocabulary vocabulary = vocabulary(tokenizer);
        TokenGrammar known = vocabulary.find(form);
        // What is refused is refused before the tree of tokens costs anything.
        return known != null ? known : vocabulary.add(form, form.compile());
    }

    private Vocabulary vocabulary(Tokenizer tokenizer) {
        Vocabulary known = current.get();
        if (known != null && known.tokenizer == tokenizer) {
            return known;
        }
        Vocabulary fresh = new Vocabulary(tokenizer);
        current.set(fresh);
        return fresh;
    }

    /** The grammars over one tokenizer's tokens. */
    private static final class Vocabulary {
        private final Tokenizer tokenizer;
        private @Nullable TokenTrie trie;
        private final Map<AnswerForm, TokenGrammar> grammars = new LinkedHashMap<>(16, 0.75f, true);

        Vocabulary(Tokenizer tokenizer) {
            this.tokenizer = tokenizer;
        }

        synchronized @Nullable TokenGrammar find(AnswerForm form) {
            return grammars.get(form);
        }

        TokenGrammar add(AnswerForm form, Constraint constraint) {
            TokenGrammar made = new TokenGrammar(constraint, trie());
            synchronized (this) {
                TokenGrammar known = grammars.putIfAbsent(form, made);
                if (grammars.size() > MOST_GRAMMARS) {
                    grammars.remove(grammars.keySet().iterator().next());
                }
                return known == null ? made : known;
            }
        }

        private synchronized TokenTrie trie() {
            TokenTrie known = trie;
            if (known == null) {
                known = TokenTrie.of(tokenizer);
                trie = known;
            }
            return known;
        }
    }
}
