package dev.herd.tokenizer;

import java.util.Random;

/** Random text that is rich in what split rules and decoders trip over. */
final class Texts {
    private static final String[] TRICKY = {
        "'s",
        "'T",
        "'re",
        "'VE",
        "'ll",
        "'\u017f",
        "'",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "\u00a0",
        "\u2003",
        "\u2028",
        "\u0085",
        "\u000b",
        "\u001c",
        "/",
        "a",
        "b",
        "A",
        "Z",
        "\u01c5",
        "\u02b0",
        "\u4e2d",
        "\u0301",
        "\u20dd",
        "1",
        "\u0661",
        "\u2167",
        "\u00bd",
        "!",
        "?!",
        "<|eot|>",
        "e",
        "the",
        " the",
        "\ud83d\ude00",
        "\ud835\udc00",
        "\ud800",
        "\udc00",
        "\u200d",
        "\ufeff",
        "\u00df",
        "\u0130",
        "\u212a",
        "K",
        "\u05d0",
        "\u0e01",
        "\u0000",
        "\u007f"
    };

    private Texts() {}

    /** {@code parts} random snippets and characters of every plane. */
    static String random(Random random, int parts) {
        var text = new StringBuilder();
        for (int part = 0; part < parts; part++) {
            switch (random.nextInt(8)) {
                case 0 -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
                case 1 -> text.append((char) random.nextInt(0x800));
                case 2 -> text.append(TRICKY[random.nextInt(TRICKY.length)].repeat(1 + random.nextInt(4)));
                default -> text.append(TRICKY[random.nextInt(TRICKY.length)]);
            }
        }
        return text.toString();
    }
}
