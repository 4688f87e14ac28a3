package dev.herd.kernels.bench;

import dev.herd.grammar.Constraint;
import dev.herd.grammar.Matcher;
import dev.herd.grammar.Syntax;
import dev.herd.grammar.TokenGrammar;
import dev.herd.grammar.TokenMask;
import dev.herd.grammar.TokenTrie;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a constraint adds to a decode step on 202,048 tokens: the mask, its application to the logits and the step of the
 * matcher, over answers of random allowed tokens; with caches that know nothing ({@code cold}: each answer begins with a
 * new grammar, whose making counts) and with caches that have seen the same answer ({@code warm}).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public class GrammarBenchmark {
    private static final int TOKENS = 128;

    /** What the answer must look like. */
    @Param({"json_object", "record", "bounded_string", "regex", "any_text"})
    String syntax = "";

    private TokenTrie trie = TokenTrie.of(new Vocabulary(1));
    private final float[] logits = new float[Vocabulary.SIZE];
    private final List<int[]> answers = new ArrayList<>();
    private Constraint constraint = Constraint.of(Syntax.literal("a"));
    private TokenGrammar warm = new TokenGrammar(constraint, trie);
    private int next;

    /** Writes the answers. */
    @Setup(Level.Trial)
    public void write() {
        constraint = Constraint.of(
                switch (syntax) {
                    case "json_object" -> Syntax.jsonObject();
                    case "record" ->
                        Syntax.jsonSchema("{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
                                + "\"age\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":150},\"kind\":"
                                + "{\"enum\":[\"cat\",\"dog\"]},\"tags\":{\"type\":\"array\",\"items\":{\"type\":"
                                + "\"string\"}},\"when\":{\"type\":\"string\",\"format\":\"date-time\"}},\"required\":"
                                + "[\"name\",\"age\",\"kind\",\"tags\",\"when\"],\"additionalProperties\":false}");
                    case "bounded_string" -> Syntax.jsonSchema("{\"type\":\"string\",\"maxLength\":2000}");
                    case "regex" -> Syntax.regex("([A-Z][a-z]{2,12} ){3,60}[0-9]{4}");
                    default -> Syntax.regex("[\\s\\S]*");
                });
        warm = new TokenGrammar(constraint, trie);
        Random random = new Random(7);
        while (answers.size() < 4) {
            answers.add(answer(random));
        }
    }

    private int[] answer(Random random) {
        Matcher matcher = warm.matcher();
        int[] answer = new int[TOKENS];
        for (int written = 0; written < TOKENS; written++) {
            TokenMask mask = matcher.mask(10_000, 1);
            if (matcher.isComplete()) {
                matcher = warm.matcher();
                mask = matcher.mask(10_000, 1);
            }
            int token = random.nextInt(Vocabulary.SIZE);
            while (!mask.allows(token)) {
                token = token + 1 == Vocabulary.SIZE ? 0 : token + 1;
            }
            matcher.advance(token);
            answer[written] = token;
        }
        return answer;
    }

    /** Microseconds a token, nothing known before. */
    @Benchmark
    @OperationsPerInvocation(TOKENS)
    public float cold() {
        return replay(new TokenGrammar(constraint, trie));
    }

    /** Microseconds a token, all known before. */
    @Benchmark
    @OperationsPerInvocation(TOKENS)
    public float warm() {
        return replay(warm);
    }

    private float replay(TokenGrammar grammar) {
        Matcher matcher = grammar.matcher();
        int[] answer = answers.get(next++ % answers.size());
        for (int token : answer) {
            if (matcher.isComplete()) {
                matcher = grammar.matcher();
            }
            Arrays.fill(logits, 1);
            matcher.mask(10_000, 1).apply(logits);
            matcher.advance(token);
        }
        return logits[answer[0]];
    }
}
