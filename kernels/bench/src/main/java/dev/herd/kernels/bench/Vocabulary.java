package dev.herd.kernels.bench;

import dev.herd.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;

/**
 * A made-up vocabulary of the size and mixture of Llama 4's: single bytes, words of several scripts with and without a
 * space in front, numbers, code, runs of white space and punctuation, halves of characters, and special tokens.
 */
final class Vocabulary implements Tokenizer {
    static final int SIZE = 202_048;

    private static final int SPECIALS = 2_048;
    private static final String[] ALPHABETS = {
        "eeeeaaaoooiiittttnnnssshhrrddlluumcwfgypbvkxqjz",
        "ETAOINSHRDLUCMFWYPVBGKQJXZ",
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф",
        "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后",
        "العربيةلمنوتباسدفقكحجخشصضطظعغ",
        "àéèüöäßñçøåêîôûāīūčšž"
    };
    private static final String PUNCTUATION = "(){}[]<>.,;:!?'\"`~@#$%^&*-_=+/\\|";

    private final List<byte[]> tokens = new ArrayList<>(SIZE);
    private final Set<String> known = new HashSet<>();

    Vocabulary(long seed) {
        Random random = new Random(seed);
        for (int value = 0; value < 256; value++) {
            add(new byte[] {(byte) value});
        }
        for (int number = 0; number < 1000; number++) {
            add(Integer.toString(number));
            add("%02d".formatted(number % 100));
            add("%03d".formatted(number));
        }
        for (int length = 2; length < 80; length++) {
            add(" ".repeat(length));
            add("\n".repeat(length % 8 + 1) + " ".repeat(length % 16));
            add("\t".repeat(length % 20 + 1));
        }
        while (tokens.size() < SIZE - SPECIALS) {
            add(token(random));
        }
        for (int special = 0; special < SPECIALS; special++) {
            add("<|special_" + special + "|>");
        }
    }

    private static byte[] token(Random random) {
        double kind = random.nextDouble();
        if (kind < 0.03) {
            return punctuation(random).getBytes(StandardCharsets.UTF_8);
        }
        String word = word(random);
        if (kind < 0.04) { // a character cut in two
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            int from = random.nextInt(bytes.length);
            return Arrays.copyOfRange(bytes, from, from + 1 + random.nextInt(bytes.length - from));
        }
        if (kind < 0.08) {
            word = punctuation(random) + word;
        }
        return (kind < 0.55 ? " " + word : word).getBytes(StandardCharsets.UTF_8);
    }

    private static String word(Random random) {
        String alphabet = ALPHABETS[random.nextInt(10) < 6 ? 0 : random.nextInt(ALPHABETS.length)];
        StringBuilder word = new StringBuilder();
        int length = 2 + (int) Math.abs(random.nextGaussian() * 4);
        for (int at = 0; at < Math.min(length, 24); at++) {
            word.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        if (random.nextInt(6) == 0) {
            word.setCharAt(0, Character.toUpperCase(word.charAt(0)));
        }
        return word.toString();
    }

    private static String punctuation(Random random) {
        StringBuilder marks = new StringBuilder();
        for (int length = 1 + random.nextInt(4); length > 0; length--) {
            marks.append(PUNCTUATION.charAt(random.nextInt(PUNCTUATION.length())));
        }
        return marks + (random.nextInt(4) == 0 ? "\n" : "");
    }

    private void add(String text) {
        add(text.getBytes(StandardCharsets.UTF_8));
    }

    private void add(byte[] bytes) {
        if (known.add(new String(bytes, StandardCharsets.ISO_8859_1))) {
            tokens.add(bytes);
        }
    }

    @Override
    public int[] encode(String text) {
        throw new UnsupportedOperationException("nothing is encoded with the made-up vocabulary");
    }

    @Override
    public byte[] bytes(int token) {
        return tokens.get(token);
    }

    @Override
    public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(new String(tokens.get(id), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    @Override
    public OptionalInt special(String name) {
        return OptionalInt.empty();
    }

    @Override
    public boolean isSpecial(int token) {
        return token >= SIZE - SPECIALS;
    }

    @Override
    public int size() {
        return tokens.size();
    }
}
