package dev.herd.grammar;

import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What an untrained model writes: a random token of those that may come next, and sometimes the end. */
final class RandomAnswers {
    static final Tokenizer TOKENIZER = Tokenizers.of(BuiltInVocabulary.get());
    static final TokenTrie TRIE = TokenTrie.of(TOKENIZER);

    private RandomAnswers() {}

    /**
     * An answer.
     *
     * @param isFinished whether it ended of its own accord and not because the budget did
     */
    record Answer(byte[] bytes, int tokens, boolean isFinished) {
        String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    static TokenGrammar grammar(Syntax syntax) {
        return new TokenGrammar(Constraint.of(syntax), TRIE);
    }

    /** An answer of at most {@code budget} tokens, the one that ends it included. */
    static Answer write(TokenGrammar grammar, long seed, int budget) {
        Random random = new Random(seed);
        Matcher matcher = grammar.matcher();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int written = 0; written < budget; written++) {
            if (matcher.isComplete()) {
                return new Answer(bytes.toByteArray(), written, true);
            }
            List<Integer> allowed = allowed(matcher.mask(budget - written, 1));
            int choices = allowed.size() + (matcher.accepts() ? 1 : 0);
            if (choices == 0) {
                throw new IllegalStateException("stuck after " + bytes.toString(StandardCharsets.UTF_8));
            }
            int choice = random.nextInt(choices);
            if (choice == allowed.size()) {
                return new Answer(bytes.toByteArray(), written + 1, true);
            }
            int token = allowed.get(choice);
            matcher.advance(token);
            bytes.writeBytes(TOKENIZER.bytes(token));
        }
        return new Answer(bytes.toByteArray(), budget, matcher.isComplete());
    }

    static List<Integer> allowed(TokenMask mask) {
        List<Integer> allowed = new ArrayList<>();
        for (int token = 0; token < TOKENIZER.size(); token++) {
            if (mask.allows(token)) {
                allowed.add(token);
            }
        }
        return allowed;
    }

    /** Whether a constraint's texts include this one, byte by byte, whatever tokens it consists of. */
    static boolean accepts(Constraint constraint, String text) {
        Nfa nfa = constraint.nfa();
        Configurations configurations = new Configurations(nfa, new TokenCosts(nfa, TRIE.all()));
        Configuration current = configurations.start();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            if (current == configurations.dead()) {
                return false;
            }
            current = configurations.next(current, nfa.classOf(value & 0xff));
        }
        return current.accepts();
    }
}
