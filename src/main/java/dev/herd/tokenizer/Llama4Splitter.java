package dev.herd.tokenizer;

import dev.herd.weights.Vocabulary.SplitRules;

/**
 * {@link SplitRules#LLAMA_4} (the o200k expression) in one forward scan, which means the same as the expression.
 *
 * <pre>
 * word         prefix? A* B+ contraction?  or  prefix? A+ B* contraction?
 *              prefix: neither letter, digit, CR nor LF;  A: Lu Lt Lm Lo M;  B: Ll Lm Lo M
 * digits       one to three of N
 * punctuation  one blank at most, then neither white space, letter nor digit, then any of CR LF /
 * white space  up to the last line break of the run; else all of it but the last character before a non-space
 * </pre>
 */
final class Llama4Splitter implements Splitter {
    private static final int UPPER = 1;
    private static final int LOWER = 2;
    private static final int CASELESS = 4;
    private static final int MARK = 8;
    private static final int NUMBER = 16;
    private static final int BLANK = 32;
    private static final int LINE_BREAK = 64;
    private static final int OTHER = 128;

    private static final int WORD_START = UPPER | CASELESS | MARK;
    private static final int WORD_END = LOWER | CASELESS | MARK;
    private static final int SYMBOL = MARK | OTHER;
    private static final int WHITE_SPACE = BLANK | LINE_BREAK;
    private static final int MOST_DIGITS = 3;

    /** Of the alphabets that most text is written in; the rest is looked up when it comes. */
    private static final byte[] KINDS = new byte[0x800];

    static {
        for (int codePoint = 0; codePoint < KINDS.length; codePoint++) {
            KINDS[codePoint] = (byte) classify(codePoint);
        }
    }

    /*
     * Why a scan without backtracking is the expression's own answer. A word's mark may count as prefix or as letter;
     * both readings end at the same place, so only BLANK and OTHER are treated as prefix. After the greedy A*, B+ either
     * finds a lower-case letter and runs on, or the expression gives characters back until the last one that is in B;
     * if there is none (capitals only), the second alternative takes the whole run. Every character is looked at a
     * bounded number of times: only a tail of capitals, or of blanks after a line break, is seen by the next piece
     * again, and that piece consumes it.
     */
    @Override
    public int pieceEnd(String text, int start, int limit) {
        int kind = kindAt(text, start);
        int wordStart = (kind & (BLANK | OTHER)) != 0 ? start + width(text, start) : start;
        int lettersEnd = lettersEnd(text, wordStart, limit);
        if (lettersEnd > wordStart) {
            return contractionEnd(text, lettersEnd, limit);
        }
        if (kind == NUMBER) {
            return digitsEnd(text, start, limit);
        }
        int symbolStart = text.charAt(start) == ' ' ? start + 1 : start;
        int symbolEnd = runEnd(text, symbolStart, limit, SYMBOL);
        if (symbolEnd > symbolStart) {
            return lineTailEnd(text, symbolEnd, limit);
        }
        return whiteSpaceEnd(text, start, limit);
    }

    private static int lettersEnd(String text, int start, int limit) {
        int at = start;
        int lastWordEnd = start;
        while (at < limit) {
            int kind = kindAt(text, at);
            if ((kind & WORD_START) == 0) {
                break;
            }
            at += width(text, at);
            if ((kind & WORD_END) != 0) {
                lastWordEnd = at;
            }
        }
        int end = runEnd(text, at, limit, WORD_END);
        return end > at || lastWordEnd == start ? end : lastWordEnd;
    }

    private static int contractionEnd(String text, int start, int limit) {
        if (start + 1 >= limit || text.charAt(start) != '\'') {
            return start;
        }
        char second = start + 2 < limit ? text.charAt(start + 2) : ' ';
        return switch (text.charAt(start + 1)) {
            // U+017F, the long s, is a lower-case form of S.
            case 's', 'S', '\u017f', 't', 'T', 'm', 'M', 'd', 'D' -> start + 2;
            case 'r', 'R', 'v', 'V' -> second == 'e' || second == 'E' ? start + 3 : start;
            case 'l', 'L' -> second == 'l' || second == 'L' ? start + 3 : start;
            default -> start;
        };
    }

    private static int digitsEnd(String text, int start, int limit) {
        int at = start;
        for (int count = 0; count < MOST_DIGITS && at < limit && kindAt(text, at) == NUMBER; count++) {
            at += width(text, at);
        }
        return at;
    }

    private static int lineTailEnd(String text, int start, int limit) {
        int at = start;
        while (at < limit && (text.charAt(at) == '\n' || text.charAt(at) == '\r' || text.charAt(at) == '/')) {
            at++;
        }
        return at;
    }

    private static int whiteSpaceEnd(String text, int start, int limit) {
        int at = start;
        int lastLineEnd = start;
        while (at < limit) {
            int kind = kindAt(text, at);
            if ((kind & WHITE_SPACE) == 0) {
                break;
            }
            at++;
            if (kind == LINE_BREAK) {
                lastLineEnd = at;
            }
        }
        if (lastLineEnd > start) {
            return lastLineEnd;
        }
        return at == limit || at == start + 1 ? at : at - 1;
    }

    private static int runEnd(String text, int start, int limit, int kinds) {
        int at = start;
        while (at < limit && (kindAt(text, at) & kinds) != 0) {
            at += width(text, at);
        }
        return at;
    }

    private static int kindAt(String text, int at) {
        char unit = text.charAt(at);
        return unit < KINDS.length ? KINDS[unit] & 0xff : classify(text.codePointAt(at));
    }

    private static int width(String text, int at) {
        return Character.isHighSurrogate(text.charAt(at)) ? Character.charCount(text.codePointAt(at)) : 1;
    }

    private static int classify(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> UPPER;
            case Character.LOWERCASE_LETTER -> LOWER;
            case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> CASELESS;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> MARK;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> BLANK;
            default -> classifyControl(codePoint);
        };
    }

    private static int classifyControl(int codePoint) {
        return switch (codePoint) {
            case '\n', '\r' -> LINE_BREAK;
            case '\t', 0x0b, '\f', 0x85 -> BLANK;
            default -> OTHER;
        };
    }
}
